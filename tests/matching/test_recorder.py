"""Recording: once, all or none, never changed, and what comes out is what came in."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from anpr.common.v1 import plate_pb2
from anpr.matching.v1 import sighting_pb2

from services.common import refusals
from services.matching.recorder import MAX_BATCHES
from tests.matching.builders import batch, context, no_read, now, officer, read, window
from tests.matching.conftest import Matching

pytestmark = pytest.mark.postgres
COUNT = "SELECT count(*)::int FROM matching.sighting"


async def test_a_read_comes_back_as_it_was_sent(matching: Matching) -> None:
    sent = read("1ABC123")
    await matching.record(sent)
    found = await matching.lookup(_question("1ABC123"))
    assert [sighting.read for sighting in found.sightings] == [sent]
    assert (found.sightings[0].version, found.sightings[0].list_version) == (1, 0)


async def test_a_batch_sent_again_changes_nothing(matching: Matching) -> None:
    reads = [read("1ABC123"), read("2DEF456"), no_read()]
    first = await matching.record(*reads)
    again = await matching.record(*reads, read("1XYZ789"))
    assert (first.recorded, again.recorded) == (3, 1)
    assert list(again.sighting_ids)[:3] == list(first.sighting_ids)
    assert matching.rows(COUNT) == [(4,)]


async def test_batches_with_the_same_reads_at_the_same_time_store_each_once(matching: Matching) -> None:
    await matching.create()
    await matching.add("1ABC000", "1ABC001")
    reads = [read(f"1ABC{number:03}") for number in range(40)]
    answers = await asyncio.gather(*(matching.record(*reads[shift:], *reads[:shift]) for shift in (0, 7, 21, 33)))
    assert sum(answer.recorded for answer in answers) == 40
    assert sum(answer.alerts for answer in answers) == 2
    assert matching.rows(COUNT) == [(40,)]


async def test_a_read_twice_in_one_batch_is_one_sighting(matching: Matching) -> None:
    sent = read()
    answer = await matching.record(sent, sent)
    assert (answer.recorded, len(answer.sighting_ids), len(set(answer.sighting_ids))) == (1, 2, 1)


@pytest.mark.parametrize("where", ["in the store", "in the batch"])
async def test_a_read_id_with_another_content_stores_nothing_of_the_batch(matching: Matching, where: str) -> None:
    first = read("1ABC123")
    other = plate_pb2.Read()
    other.CopyFrom(first)
    other.plate.confidence = 0.5
    stored = 0
    if where == "in the store":
        await matching.record(first)
        stored = 1
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await matching.record(read("2DEF456"), *([first] if not stored else []), other)
    assert (refused.value.code(), refusals.reason(refused.value)) == (
        grpc.StatusCode.ALREADY_EXISTS,
        "READ_CONFLICT",
    )
    assert matching.rows(COUNT) == [(stored,)]


def _changed(**changes: object) -> plate_pb2.Read:
    sent = read()
    for path, value in changes.items():
        *inner, last = path.split("__")
        target: object = sent
        for name in inner:
            target = getattr(target, name)
        if value is None:
            target.ClearField(last)  # type: ignore[attr-defined]
        else:
            setattr(target, last, value)
    return sent


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"read_id": "no uuid"}, id="read id"),
        pytest.param({"frame_id": ""}, id="frame id"),
        pytest.param({"region": "elsewhere"}, id="region"),
        pytest.param({"zone": ""}, id="zone"),
        pytest.param({"capture__camera_id": ""}, id="camera"),
        pytest.param({"capture__captured__time": None}, id="no time"),
        pytest.param({"capture__captured__time__seconds": 2**40}, id="time out of range"),
        pytest.param({"capture__sequence": 2**64 - 1}, id="sequence"),
        pytest.param({"capture__speed_kmh": float("nan")}, id="speed"),
        pytest.param({"capture__lane": "a\x00b"}, id="nul"),
        pytest.param({"plate": None}, id="neither plate nor no-read"),
        pytest.param({"no_read": True}, id="both plate and no-read"),
        pytest.param({"plate__text": "1-abc-123"}, id="not normalised"),
        pytest.param({"plate__text": ""}, id="no text"),
        pytest.param({"plate__raw": "1\x00"}, id="nul in raw"),
        pytest.param({"plate__confidence": 1.5}, id="confidence"),
        pytest.param({"plate__colour": 99}, id="colour"),
        pytest.param({"vehicle__make": "x" * 300}, id="make"),
    ],
)
async def test_a_batch_with_a_read_of_the_wrong_shape_stores_nothing(
    matching: Matching, bad: dict[str, object]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await matching.record(read(), _changed(**bad))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert matching.rows(COUNT) == [(0,)]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"plate__confidence": 1e-45}, id="the smallest number"),
        pytest.param({"plate__confidence": -0.0}, id="minus zero"),
        pytest.param({"capture__location__latitude": 5e-324}, id="the smallest double"),
        pytest.param({"plate__box__x": -(2**31), "plate__box__width": 2**31 - 1}, id="a box without end"),
        pytest.param({"received_at__seconds": -62135596800, "received_at__nanos": 0}, id="the year 1"),
        pytest.param({"received_at__seconds": 253402300799, "received_at__nanos": 999999999}, id="the year 9999"),
        pytest.param({"images": None}, id="no image"),
        pytest.param({"plate__raw": "\n\t\x01\u202e\U0001f697" * 20}, id="raw text of all kinds"),
        pytest.param({"vehicle__make": "\\N"}, id="what COPY takes for null"),
        pytest.param({"zone": '{a,"b"}'}, id="what looks like an array"),
        pytest.param({"plate__countries": None, "plate__characters": None, "plate__corners": None}, id="nothing known"),
    ],
)
async def test_what_is_odd_and_well_formed_is_stored_and_found_as_it_was_sent(
    matching: Matching, odd: dict[str, object]
) -> None:
    sent = _changed(**odd)
    assert (await matching.record(read(), sent)).recorded == 2
    asking = matching.acting_as(officer(sent.zone))
    found = (await asking.lookup(_question(sent.plate.text))).sightings
    stored = next(one.read for one in found if one.read.read_id == sent.read_id)
    stored.received_at.nanos = sent.received_at.nanos  # to the microsecond
    assert stored == sent


@pytest.mark.parametrize("count", [0, 257])
async def test_a_batch_has_1_to_256_reads(matching: Matching, count: int) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await matching.record(*[read() for _ in range(count)])
    assert refusals.reason(refused.value) == "FIELD_INVALID"


async def test_the_largest_batch_is_taken(matching: Matching) -> None:
    assert (await matching.record(*[read() for _ in range(256)])).recorded == 256


async def test_late_reads_get_a_partition_on_demand(matching: Matching) -> None:
    days = [now() - timedelta(days=back) for back in (0, 1, 40, 365)]
    answer = await matching.record(*[read(at=day, backfill=True) for day in days])
    assert answer.recorded == 4


@pytest.mark.parametrize("away", [timedelta(days=-368), timedelta(days=3)])
async def test_a_day_that_cannot_be_is_refused(matching: Matching, away: timedelta) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await matching.record(read(), read(at=now() + away))
    assert refusals.reason(refused.value) == "FIELD_INVALID"
    assert matching.rows(COUNT) == [(0,)]


async def test_more_batches_than_can_be_at_work_are_told_to_come_back(matching: Matching) -> None:
    """None of them is lost: who was refused sends again. The lock keeps those that were let in from ending."""
    with matching.scratch.connect(autocommit=False) as connection:
        connection.execute("LOCK TABLE matching.sighting IN ACCESS EXCLUSIVE MODE")
        sending = [asyncio.create_task(matching.record(read(f"1ABC{number:03}"))) for number in range(MAX_BATCHES + 5)]
        async with asyncio.timeout(4):  # before the others give the lock up
            while len(refused := [task for task in sending if task.done()]) < 5:
                await asyncio.sleep(0.02)
    answers = await asyncio.gather(*sending, return_exceptions=True)
    turned_down = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert len(turned_down) == len(refused) == 5
    assert {refusals.reason(refusal) for refusal in turned_down} == {"OVERLOADED"}
    assert all(refusals.retry_delay_s(refusal) for refusal in turned_down)
    assert matching.rows(COUNT) == [(MAX_BATCHES,)]


async def test_recording_is_for_services_only(matching: Matching) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await matching.sightings.RecordSightings(batch(read()), metadata=officer().metadata())
    assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


def _question(plate: str) -> sighting_pb2.LookupPlateRequest:
    return sighting_pb2.LookupPlateRequest(
        access=context(), plate=plate, window=window(now() - timedelta(days=1), now() + timedelta(hours=1))
    )
