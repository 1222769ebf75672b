"""Look-ups: their ground, their bounds, their pages, and the row that each leaves in the ledger."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import grpc
import pytest
from anpr.common.v1 import access_pb2
from anpr.matching.v1 import sighting_pb2

from services.common import refusals
from tests.engines import Scratch
from tests.matching.builders import OTHER_ZONE, ZONE, context, now, officer, read, window
from tests.matching.conftest import Matching

pytestmark = pytest.mark.postgres
PLATE = "1ABC123"
OLD = timedelta(days=31)
LEDGER = """
    SELECT intent_id, function_name, who, zone, purpose, row_count::int, subject_sha256
    FROM matching.query_ledger ORDER BY ledger_id
"""


def question(
    plate: str = PLATE,
    *,
    begin: timedelta = timedelta(days=1),
    end: timedelta = timedelta(hours=-1),
    cameras: tuple[str, ...] = (),
    purpose: access_pb2.Purpose = access_pb2.PURPOSE_JUDICIAL_OFFENCE,
    decision_id: str = "",
    page_size: int = 0,
    page_token: str = "",
    at: datetime | None = None,
) -> sighting_pb2.LookupPlateRequest:
    """From `begin` ago until `end` ago."""
    moment = at or now()
    return sighting_pb2.LookupPlateRequest(
        access=context(purpose, decision_id),
        plate=plate,
        window=window(moment - begin, moment - end),
        camera_ids=cameras,
        page_size=page_size,
        page_token=page_token,
    )


async def _refusal(matching: Matching, request: sighting_pb2.LookupPlateRequest) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await matching.lookup(request)
    return refusals.reason(refused.value)


# -- what is found


async def test_a_plate_is_found_however_it_is_written(matching: Matching) -> None:
    await matching.record(read(PLATE), read("2DEF456"))
    found = await matching.lookup(question(" 1-abc.123 "))
    assert [sighting.read.plate.text for sighting in found.sightings] == [PLATE]


async def test_only_the_window_and_the_cameras_that_were_asked_for(matching: Matching) -> None:
    start = now() - timedelta(hours=10)
    for hour in range(5):
        await matching.record(read(PLATE, at=start + timedelta(hours=hour), camera=f"cam-{hour % 2}"))
    request = question(cameras=("cam-0", "cam-9"))
    request.window.CopyFrom(window(start, start + timedelta(hours=4)))
    found = await matching.lookup(request)
    hours = [
        (sighting.read.capture.captured.time.ToDatetime(start.tzinfo) - start) / timedelta(hours=1)
        for sighting in found.sightings
    ]
    assert hours == [2, 0]  # the fifth, at hour 4, is on a camera that was asked for, and outside of a half-open window


async def test_a_zone_sees_its_own(matching: Matching) -> None:
    await matching.record(read(PLATE, camera="a"), read(PLATE, camera="b", zone=OTHER_ZONE))
    ours = await matching.lookup(question())
    theirs = await matching.acting_as(officer(OTHER_ZONE)).lookup(question())
    named = await matching.lookup(question(cameras=("b",)))
    assert [sighting.read.capture.camera_id for sighting in ours.sightings] == ["a"]
    assert [sighting.read.capture.camera_id for sighting in theirs.sightings] == ["b"]
    assert list(named.sightings) == []


async def test_who_acts_for_no_zone_sees_nothing(matching: Matching) -> None:
    await matching.record(read(PLATE))
    assert await _refusal(matching.acting_as(officer("")), question()) == "ZONE_FOREIGN"


async def test_other_regions_are_not_built(matching: Matching) -> None:
    request = question()
    request.regions.append("local")
    assert len((await matching.lookup(request)).sightings) == 0
    request.regions.append("elsewhere")
    assert await _refusal(matching, request) == "NOT_BUILT"


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        pytest.param(timedelta(hours=1), timedelta(hours=2), id="reversed"),
        pytest.param(timedelta(hours=1), timedelta(hours=1), id="empty"),
        pytest.param(timedelta(days=366, seconds=1), timedelta(0), id="too wide"),
    ],
)
async def test_a_window_that_cannot_be_is_refused(matching: Matching, begin: timedelta, end: timedelta) -> None:
    assert await _refusal(matching, question(begin=begin, end=end)) == "WINDOW_INVALID"
    assert matching.rows(LEDGER) == []


async def test_requests_of_the_wrong_shape_are_refused(matching: Matching) -> None:
    no_window = question()
    no_window.window.ClearField("until")
    many = question(cameras=tuple(f"cam-{number}" for number in range(1001)))
    reasons = [
        await _refusal(matching, request)
        for request in (
            question("***"),
            question("A" * 17),
            question(page_size=501),
            question(page_size=-1),
            no_window,
            many,
        )
    ]
    assert reasons == [
        "PLATE_INVALID",
        "PLATE_INVALID",
        "FIELD_INVALID",
        "FIELD_INVALID",
        "FIELD_INVALID",
        "FIELD_INVALID",
    ]


# -- pages


async def test_pages_show_every_passage_once_newest_first(matching: Matching) -> None:
    moment = now() - timedelta(hours=2)
    # Several of one moment, and some on either side of midnight.
    times = [moment] * 7 + [moment - timedelta(hours=hour) for hour in range(1, 25, 4)]
    await matching.record(*[read(PLATE, at=time) for time in times])
    token, seen = "", []
    request = question(begin=timedelta(days=3), page_size=3)
    while True:
        request.page_token = token
        page = await matching.lookup(request)
        seen += [(s.read.capture.captured.time.ToNanoseconds(), s.read.read_id) for s in page.sightings]
        token = page.next_page_token
        if not token:
            break
        assert len(page.sightings) == 3
    assert len(seen) == len(set(seen)) == 13
    assert seen == sorted(seen, reverse=True)


async def test_a_page_token_is_good_for_its_query_alone(matching: Matching) -> None:
    await matching.record(*[read(PLATE) for _ in range(3)], *[read("2DEF456") for _ in range(3)])
    moment = now()
    first = question(page_size=2, at=moment)
    token = (await matching.lookup(first)).next_page_token
    assert token
    first.page_token = token
    assert len((await matching.lookup(first)).sightings) == 1
    altered = [
        question("2DEF456", at=moment, page_token=token),
        question(at=moment, cameras=("cam-1",), page_token=token),
        question(at=moment, begin=timedelta(days=2), page_token=token),
        question(at=moment, page_token=("B" if token[0] == "A" else "A") + token[1:]),
        question(at=moment, page_token=token[:-1] + ("B" if token[-1] == "A" else "A")),
        question(at=moment, page_token=token + "="),
        question(at=moment, page_token=token[:-4]),
        question(at=moment, page_token="?" * 50),
    ]
    assert {await _refusal(matching, request) for request in altered} == {"PAGE_TOKEN_INVALID"}
    other = matching.acting_as(officer(OTHER_ZONE))
    assert await _refusal(other, first) == "PAGE_TOKEN_INVALID"


# -- data older than 30 days


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that covers everything that `question` asks for here, in time relative to now."""

    plates: tuple[str, ...] = (PLATE, "2DEF456")
    begin: timedelta = timedelta(days=60)
    end: timedelta = timedelta(days=-1)
    cameras: tuple[str, ...] = ()
    valid_begin: timedelta = timedelta(days=2)
    valid_end: timedelta = timedelta(days=-2)
    revoked: bool = False


def record(scratch: Scratch, decision: Decision) -> str:
    decision_id = uuid4()
    with scratch.connect("matching_owner") as connection:
        connection.execute(
            """
            INSERT INTO matching.decision (decision_id, magistrate, document_sha256, plates, window_from, window_until,
                camera_ids, valid_from, valid_until, case_reference, revoked_at)
            VALUES (%s, 'm-1', decode(repeat('ab', 32), 'hex'), %s, now() - %s, now() - %s, %s,
                now() - %s, now() - %s, 'C-2026/1', %s)
            """,
            (
                decision_id,
                list(decision.plates),
                decision.begin,
                decision.end,
                list(decision.cameras),
                decision.valid_begin,
                decision.valid_end,
                now() if decision.revoked else None,
            ),
        )
    return str(decision_id)


async def test_old_data_needs_a_decision(matching: Matching) -> None:
    await matching.record(read(PLATE, at=now() - OLD))
    assert await _refusal(matching, question(begin=timedelta(days=32))) == "DECISION_REQUIRED"
    assert await _refusal(matching, question(begin=timedelta(days=30, seconds=1))) == "DECISION_REQUIRED"
    assert list((await matching.lookup(question(begin=timedelta(days=30) - timedelta(minutes=1)))).sightings) == []
    assert [row[5] for row in matching.rows(LEDGER)] == [0]


@pytest.mark.parametrize(
    ("decision", "cameras"),
    [
        pytest.param(Decision(), (), id="all cameras"),
        pytest.param(Decision(), ("cam-1",), id="one of all cameras"),
        pytest.param(Decision(cameras=("cam-1", "cam-2")), ("cam-1",), id="one of its cameras"),
        pytest.param(Decision(plates=()), (), id="any plate"),
    ],
)
async def test_a_decision_that_covers_opens_old_data(
    matching: Matching, decision: Decision, cameras: tuple[str, ...]
) -> None:
    await matching.record(read(PLATE, at=now() - OLD), read(PLATE))
    decision_id = record(matching.scratch, decision)
    found = await matching.lookup(question(begin=timedelta(days=32), cameras=cameras, decision_id=decision_id))
    assert len(found.sightings) == 2
    assert matching.rows("SELECT decision_id::text FROM matching.query_ledger") == [(decision_id,)]


@pytest.mark.parametrize(
    ("decision", "cameras"),
    [
        pytest.param(replace(Decision(), plates=("2DEF456",)), (), id="another plate"),
        pytest.param(replace(Decision(), begin=timedelta(days=31)), (), id="a window that begins later"),
        pytest.param(replace(Decision(), end=timedelta(days=20)), (), id="a window that ends earlier"),
        pytest.param(replace(Decision(), cameras=("cam-2",)), ("cam-1",), id="another camera"),
        pytest.param(replace(Decision(), cameras=("cam-1",)), ("cam-1", "cam-2"), id="one camera of two"),
        pytest.param(replace(Decision(), cameras=("cam-1",)), (), id="some cameras when all are asked"),
        pytest.param(replace(Decision(), valid_begin=timedelta(hours=-1)), (), id="not valid yet"),
        pytest.param(replace(Decision(), valid_end=timedelta(hours=1)), (), id="no longer valid"),
        pytest.param(replace(Decision(), revoked=True), (), id="revoked"),
    ],
)
async def test_a_decision_that_does_not_cover_opens_nothing(
    matching: Matching, decision: Decision, cameras: tuple[str, ...]
) -> None:
    await matching.record(read(PLATE, at=now() - OLD))
    decision_id = record(matching.scratch, decision)
    request = question(begin=timedelta(days=32), cameras=cameras, decision_id=decision_id)
    assert await _refusal(matching, request) == "DECISION_NOT_COVERING"
    assert matching.rows(LEDGER) == []


async def test_a_decision_that_nobody_recorded_opens_nothing(matching: Matching) -> None:
    request = question(begin=timedelta(days=32), decision_id=str(uuid4()))
    assert await _refusal(matching, request) == "DECISION_NOT_COVERING"


ADMINISTRATIVE = [purpose for name, purpose in access_pb2.Purpose.items() if "ADMINISTRATIVE" in name]


@pytest.mark.parametrize("purpose", ADMINISTRATIVE)
async def test_an_administrative_purpose_never_reaches_beyond_30_days(
    matching: Matching, purpose: access_pb2.Purpose
) -> None:
    decision_id = record(matching.scratch, Decision())
    await matching.record(read(PLATE))
    assert len((await matching.lookup(question(purpose=purpose))).sightings) == 1
    old = question(begin=timedelta(days=32), purpose=purpose, decision_id=decision_id)
    assert await _refusal(matching, old) == "PURPOSE_TOO_OLD"


@pytest.mark.parametrize("purpose", [access_pb2.PURPOSE_OVERSIGHT, access_pb2.PURPOSE_SUBJECT_ACCESS])
async def test_a_purpose_outside_of_police_work_reaches_no_sightings(
    matching: Matching, purpose: access_pb2.Purpose
) -> None:
    assert await _refusal(matching, question(purpose=purpose)) == "PURPOSE_TOO_OLD"


# -- the ledger


async def test_each_page_leaves_one_row_in_the_ledger_and_an_empty_one_too(matching: Matching) -> None:
    await matching.record(*[read(PLATE) for _ in range(3)])
    first = question(page_size=2)
    first.page_token = (await matching.lookup(first)).next_page_token
    await matching.lookup(first)
    await matching.lookup(question("9ZZZ999"))
    intents = [entry.id for entry in matching.ledger.entries if entry.status == ""]
    digests = [
        hashlib.sha256(f"{intent}/{plate}".encode()).digest()
        for intent, plate in zip(intents, (PLATE, PLATE, "9ZZZ999"), strict=True)
    ]
    rows = [("lookup_plate", "matching_reader", ZONE, "judicial_offence", count) for count in (2, 1, 0)]
    assert matching.rows(LEDGER) == [
        (UUID(intent), *row, digest) for intent, row, digest in zip(intents, rows, digests, strict=True)
    ]


LOOKUP = """
    SELECT plate FROM matching.lookup_plate(
        %s, gen_random_uuid(), %s, 'judicial_offence', NULL, '1ABC123', now() - interval '1 day', now(), '{}', 10, NULL, NULL)
"""


async def test_rows_and_ledger_row_are_of_one_transaction(matching: Matching) -> None:
    await matching.record(read(PLATE))
    with matching.scratch.connect("matching_reader", autocommit=False) as connection:
        assert connection.execute(LOOKUP, (uuid4(), ZONE)).fetchall() == [(PLATE,)]
        assert matching.rows(LEDGER) == []
        connection.commit()
    assert [row[5] for row in matching.rows(LEDGER)] == [1]


async def test_a_query_that_was_rolled_back_leaves_a_gap_in_the_ledger(matching: Matching) -> None:
    await matching.record(read(PLATE))
    with matching.scratch.connect("matching_reader", autocommit=False) as connection:
        connection.execute(LOOKUP, (uuid4(), ZONE))
        connection.rollback()
        connection.execute(LOOKUP, (uuid4(), ZONE))
        connection.commit()
    assert matching.rows("SELECT ledger_id::int FROM matching.query_ledger") == [(2,)]


async def test_an_intent_is_good_for_one_page(matching: Matching) -> None:
    intent = uuid4()
    with matching.scratch.connect("matching_reader") as connection:
        connection.execute(LOOKUP, (intent, ZONE))
        with pytest.raises(Exception, match="the intent was used already"):
            connection.execute(LOOKUP, (intent, ZONE))


@pytest.mark.parametrize("argument", range(12))
async def test_the_function_itself_refuses_arguments_that_are_missing(matching: Matching, argument: int) -> None:
    """The bounds hold without the service: each argument but decision and place is required."""
    values: list[object] = [
        uuid4(),
        uuid4(),
        ZONE,
        "judicial_offence",
        uuid4(),
        PLATE,
        now() - timedelta(days=1),
        now(),
        [],
        10,
        now(),
        uuid4(),
    ]
    values[argument] = None
    statement = "SELECT count(*) FROM matching.lookup_plate(%s, %s, %s, %s, %s, %s, %s, %s, %s::text[], %s, %s, %s)"
    with matching.scratch.connect("matching_reader") as connection:
        if argument == 4:
            assert connection.execute(statement, values).fetchone() == (0,)
        else:
            with pytest.raises(Exception, match=r"an argument cannot be|this purpose never"):
                connection.execute(statement, values)


# -- the log


async def test_without_the_log_there_is_no_look_up(matching: Matching) -> None:
    await matching.record(read(PLATE))
    matching.ledger.refuse_from = 0
    assert await _refusal(matching, question()) == "AUDIT_UNAVAILABLE"
    assert matching.rows(LEDGER) == []


async def test_without_the_outcome_in_the_log_nothing_leaves(matching: Matching) -> None:
    await matching.record(read(PLATE))
    matching.ledger.refuse_from = 1
    assert await _refusal(matching, question()) == "AUDIT_UNAVAILABLE"
    assert [row[5] for row in matching.rows(LEDGER)] == [1]


async def test_recording_goes_on_without_the_log(matching: Matching) -> None:
    await matching.create()
    await matching.add(PLATE)
    matching.ledger.refuse_from = 0
    answer = await matching.record(read(PLATE))
    assert (answer.recorded, answer.alerts) == (1, 1)
