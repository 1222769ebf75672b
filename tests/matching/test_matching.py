"""Matching: what raises an alert, once, in gap-free positions, whatever happens at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import grpc
import psycopg
import pytest
from anpr.common.v1 import plate_pb2
from anpr.matching.v1 import hotlist_pb2
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from services.common.errors import StoreUnavailable
from services.matching.store.alerts import LOCK_HEAD
from services.matching.store.sightings import CREATE_STAGING, SELECT_HITS
from tests.engines import Scratch
from tests.matching.builders import MISSING, OTHER_ZONE, additions, context, entry, now, officer, read
from tests.matching.conftest import WAITERS, Matching

pytestmark = pytest.mark.postgres
PLATE = "1ABC123"
POSITIONS = "SELECT position::int FROM matching.alert ORDER BY position"
VERSIONS = "SELECT list_version::int FROM matching.sighting ORDER BY recorded_at"


@asynccontextmanager
async def writer(scratch: Scratch) -> AsyncIterator[AsyncConnection[TupleRow]]:
    """A transaction of the writer that the test holds open."""
    connection = await AsyncConnection.connect(
        scratch.dsn("matching_writer"), password=scratch.password("matching_writer")
    )
    async with connection:
        yield connection


@pytest.fixture
async def listed(matching: Matching) -> Matching:
    await matching.create()
    return matching


async def _alerts(matching: Matching) -> list[tuple[object, ...]]:
    return matching.rows("SELECT position::int, late FROM matching.alert ORDER BY position")


# -- what fits


async def test_a_listed_plate_raises_an_alert_and_no_other_does(listed: Matching) -> None:
    added = await listed.add(PLATE)
    answer = await listed.record(read(PLATE), read("1ABC124"), read("1ABC12"))
    assert (answer.recorded, answer.alerts) == (3, 1)
    assert await _alerts(listed) == [(1, False)]
    assert listed.rows(VERSIONS) == [(added.list_version,)] * 3


def _entry(begin: int | None, end: int) -> hotlist_pb2.HotlistEntry:
    moment = now()
    return entry(
        PLATE,
        begin=None if begin is None else moment + timedelta(seconds=begin),
        end=moment + timedelta(seconds=end),
    )


@pytest.mark.parametrize(
    ("begin", "end", "alerts"),
    [
        pytest.param(None, 600, 1, id="no beginning"),
        pytest.param(-600, 600, 1, id="within"),
        pytest.param(-30, 600, 0, id="captured before it began, recorded after"),
        pytest.param(600, 900, 0, id="not yet"),
    ],
)
async def test_an_entry_is_matched_by_the_time_of_capture(
    listed: Matching, begin: int | None, end: int, alerts: int
) -> None:
    request = additions([_entry(begin, end)])
    await listed.hotlists.AddEntries(request, metadata=officer().metadata())
    assert (await listed.record(read(PLATE, at=now() - timedelta(seconds=45)))).alerts == alerts


async def test_an_entry_that_is_over_by_the_time_of_capture_raises_nothing(listed: Matching) -> None:
    await listed.add(PLATE)
    with listed.scratch.connect() as connection:
        connection.execute("UPDATE matching.hotlist_entry SET valid_until = now() - interval '10 s'")
    before = await listed.record(read(PLATE, at=now() - timedelta(seconds=20)))
    after = await listed.record(read(PLATE, at=now() - timedelta(seconds=5)))
    assert (before.alerts, after.alerts) == (1, 0)


async def test_an_entry_that_was_taken_off_raises_nothing(listed: Matching) -> None:
    added = await listed.add(PLATE)
    request = hotlist_pb2.RemoveEntriesRequest(access=context(), hotlist_id=MISSING, entry_ids=added.entry_ids)
    await listed.hotlists.RemoveEntries(request, metadata=officer().metadata())
    assert (await listed.record(read(PLATE))).alerts == 0
    assert await listed.sweeper.sweep() == 0


async def test_a_list_is_matched_against_the_passages_of_its_own_zone(listed: Matching) -> None:
    await listed.add(PLATE)
    assert (await listed.record(read(PLATE, zone=OTHER_ZONE))).alerts == 0


async def test_each_list_that_has_the_plate_raises_an_alert_of_its_own(listed: Matching) -> None:
    await listed.create("uninsured", priority=90)
    await listed.add(PLATE)
    await listed.add(PLATE, hotlist_id="uninsured")
    assert (await listed.record(read(PLATE))).alerts == 2


@pytest.mark.parametrize(
    ("sent", "late"),
    [
        pytest.param(read(PLATE), False, id="live"),
        pytest.param(read(PLATE, backfill=True), True, id="backfill"),
        pytest.param(read(PLATE, at=now() - timedelta(seconds=90)), True, id="captured 90 s ago"),
        pytest.param(read(PLATE, at=now() - timedelta(days=29)), True, id="captured 29 days ago"),
    ],
)
async def test_a_late_read_is_stored_and_matched_and_never_alarms_as_live(
    listed: Matching, sent: plate_pb2.Read, late: bool
) -> None:
    if not late:
        sent = read(PLATE)
    await listed.add(PLATE)
    assert (await listed.record(sent)).alerts == 1
    assert await _alerts(listed) == [(1, late)]


async def test_a_passage_older_than_30_days_is_stored_and_not_matched(listed: Matching) -> None:
    await listed.add(PLATE)
    answer = await listed.record(read(PLATE, at=now() - timedelta(days=31)))
    assert (answer.recorded, answer.alerts) == (1, 0)
    await listed.add("9ZZZ999")
    assert await listed.sweeper.sweep() == 0


async def test_a_batch_sent_again_raises_no_second_alert(listed: Matching) -> None:
    await listed.add(PLATE)
    sent = read(PLATE)
    assert [(await listed.record(sent)).alerts for _ in range(3)] == [1, 0, 0]


async def test_a_long_list_without_statistics_is_matched_through_its_index(listed: Matching) -> None:
    with listed.scratch.connect() as connection:
        connection.execute(
            "INSERT INTO matching.hotlist_entry (zone, hotlist_id, plate, valid_until, note, source_reference, added_version)"
            " SELECT 'zone-a', 'stolen', 'P' || number, now() + interval '1 day', '', '', 1"
            " FROM generate_series(1, 50000) AS number"
        )
    async with writer(listed.scratch) as connection:
        await connection.execute(CREATE_STAGING)
        plan = await connection.execute(f"EXPLAIN {SELECT_HITS}".encode(), {"reads": [], "version": 1})
        text = "\n".join(line for (line,) in await plan.fetchall())
    assert "hotlist_entry_plate" in text
    assert "Seq Scan on hotlist_entry" not in text


# -- what a list change overtakes


async def test_a_list_change_that_commits_after_the_recording_is_caught_by_the_sweeper(listed: Matching) -> None:
    async with writer(listed.scratch) as change:
        await change.execute("SELECT version FROM matching.hotlist_head FOR UPDATE")
        await change.execute(
            "INSERT INTO matching.hotlist_entry (zone, hotlist_id, plate, valid_until, note, source_reference, added_version)"
            " VALUES ('zone-a', 'stolen', %s, now() + interval '1 day', '', '', 2)",
            (PLATE,),
        )
        await change.execute("UPDATE matching.hotlist_head SET version = 2, last_addition = 2")
        answer = await listed.record(read(PLATE))
        assert (answer.recorded, answer.alerts) == (1, 0)
        assert await listed.sweeper.sweep() == 0
        await change.commit()
    assert [await listed.sweeper.sweep() for _ in range(3)] == [1, 0, 0]
    assert await _alerts(listed) == [(1, False)]
    assert listed.rows(VERSIONS) == [(1,)]


async def test_a_recording_that_commits_after_the_list_change_is_caught_by_the_sweeper(listed: Matching) -> None:
    await listed.add("1HIT000")
    async with writer(listed.scratch) as blocker:
        await blocker.execute(LOCK_HEAD.encode())
        # The hit on the listed plate makes the recorder wait for the head, with both reads in hand and nothing committed.
        recording = asyncio.create_task(listed.record(read(PLATE), read("1HIT000")))
        await listed.somebody_waits()
        await listed.add(PLATE)
        assert await listed.sweeper.sweep() == 0
        await blocker.rollback()
        assert (await recording).alerts == 1
    assert [await listed.sweeper.sweep() for _ in range(2)] == [1, 0]
    assert listed.rows(POSITIONS) == [(1,), (2,)]


async def test_an_entry_finds_what_was_recorded_within_the_horizon(listed: Matching) -> None:
    await listed.record(read(PLATE))
    await listed.record(read(PLATE))
    with listed.scratch.connect() as connection:
        connection.execute("UPDATE matching.batch SET recorded_at = now() - interval '61 minutes' WHERE batch_id = 1")
    await listed.add(PLATE)
    assert await listed.sweeper.sweep() == 1


async def test_an_entry_that_was_taken_off_before_the_sweep_raises_nothing(listed: Matching) -> None:
    await listed.record(read(PLATE))
    added = await listed.add(PLATE)
    await listed.add("9ZZZ999")
    request = hotlist_pb2.RemoveEntriesRequest(access=context(), hotlist_id=MISSING, entry_ids=added.entry_ids)
    await listed.hotlists.RemoveEntries(request, metadata=officer().metadata())
    assert await listed.sweeper.sweep() == 0


async def test_many_batches_are_swept_once_by_two_sweepers(listed: Matching) -> None:
    for _ in range(30):
        await listed.record(read(PLATE), read("2DEF456"))
    await listed.add(PLATE)
    assert sum(await asyncio.gather(listed.sweeper.sweep(), listed.sweeper.sweep())) == 30
    assert listed.rows(POSITIONS) == [(number,) for number in range(1, 31)]


async def test_a_sweep_that_dies_is_done_again_and_raises_each_alert_once(listed: Matching) -> None:
    await listed.record(read(PLATE))
    await listed.add(PLATE)
    async with writer(listed.scratch) as blocker:
        await blocker.execute(LOCK_HEAD.encode())
        sweeping = asyncio.create_task(listed.sweeper.sweep())
        await listed.somebody_waits()
        # To the database this is what kill -9 of the process looks like.
        listed.rows(f"SELECT pg_terminate_backend(pid) FROM (SELECT {WAITERS}) AS waiting")
        with pytest.raises(StoreUnavailable):
            await sweeping
        await blocker.rollback()
    assert listed.rows(POSITIONS) == []
    assert [await listed.sweeper.sweep() for _ in range(2)] == [1, 0]


# -- positions


async def test_positions_have_no_gap_under_four_recorders(listed: Matching) -> None:
    plates = [f"1AAA{number:03}" for number in range(10)]
    await listed.add(*plates)
    shared = [read(plate) for plate in plates]

    async def recorder(number: int) -> int:
        alerts = 0
        for turn in range(8):
            own = [read(plates[(number + turn) % 10]), read("9ZZZ999")]
            # Each batch also repeats reads that the others send too.
            alerts += (await listed.record(*own, *shared[turn : turn + 3])).alerts
        return alerts

    alerts = sum(await asyncio.gather(*(recorder(number) for number in range(4))))
    assert alerts == 4 * 8 + 10
    assert listed.rows(POSITIONS) == [(number,) for number in range(1, alerts + 1)]
    assert listed.rows("SELECT position::int FROM matching.alert_head") == [(alerts,)]


async def test_a_refused_batch_takes_no_position(listed: Matching) -> None:
    await listed.add(PLATE)
    stored = read("2DEF456")
    await listed.record(stored)
    other = plate_pb2.Read()
    other.CopyFrom(stored)
    other.plate.raw = "2-DEF-45G"
    with pytest.raises(grpc.aio.AioRpcError):
        await listed.record(read(PLATE), other)
    assert (await listed.record(read(PLATE))).alerts == 1
    assert listed.rows(POSITIONS) == [(1,)]


async def test_the_store_itself_lets_no_hit_be_raised_twice(listed: Matching) -> None:
    await listed.add(PLATE)
    await listed.record(read(PLATE))
    with listed.scratch.connect("matching_writer") as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "INSERT INTO matching.alert SELECT 2, gen_random_uuid(), entry_id, captured_day, read_id, late FROM matching.alert"
        )
