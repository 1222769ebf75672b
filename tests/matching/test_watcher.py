"""Watching: every alert once and in order, across restarts, late commits and a log that is down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import grpc
import pytest
from anpr.common.v1 import access_pb2
from anpr.matching.v1 import alert_pb2
from psycopg import AsyncConnection

from services.common import ids, refusals
from services.matching.alert import Hit
from services.matching.seal import Seal
from services.matching.store.alerts import raise_alerts
from tests.common.ledgers import MemoryLedger
from tests.engines import Scratch
from tests.matching.builders import OTHER_ZONE, REGION, context, entry, hotlist, now, officer, read
from tests.matching.conftest import KEY, Matching, Start

pytestmark = pytest.mark.postgres
PLATE = "1ABC123"


class Watch:
    """A watch that somebody reads. Waiting for what does not come fails the test."""

    def __init__(
        self, call: "grpc.aio.UnaryStreamCall[alert_pb2.WatchAlertsRequest, alert_pb2.WatchAlertsResponse]"
    ) -> None:
        self._call = call

    async def next(self) -> alert_pb2.WatchAlertsResponse:
        async with asyncio.timeout(30):
            found = await self._call.read()
        assert isinstance(found, alert_pb2.WatchAlertsResponse)
        return found

    async def positions(self, count: int) -> tuple[list[int], str]:
        """The positions of the next `count` alerts, and the last token."""
        found: list[int] = []
        token = ""
        while len(found) < count:
            batch = await self.next()
            assert 1 <= len(batch.alerts) <= 100
            found += [alert.position for alert in batch.alerts]
            token = batch.resume_token
        return found, token

    async def reason(self) -> str:
        """Why it ended."""
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await self.next()
        return refusals.reason(ended.value)


@asynccontextmanager
async def watching(matching: Matching, token: str = "", **fields: object) -> AsyncIterator[tuple[Watch, str]]:
    """A watch that has begun, and its first token."""
    request = alert_pb2.WatchAlertsRequest(access=context(), resume_token=token, **fields)  # type: ignore[arg-type]
    call = matching.watch(request)
    watch = Watch(call)
    try:
        first = await watch.next()
        assert list(first.alerts) == []
        assert first.HasField("receipt")
        yield watch, first.resume_token
    finally:
        call.cancel()


async def _refusal(matching: Matching, token: str = "", **fields: object) -> str:
    request = alert_pb2.WatchAlertsRequest(access=context(), resume_token=token, **fields)  # type: ignore[arg-type]
    return await Watch(matching.watch(request)).reason()


@pytest.fixture
async def listed(matching: Matching) -> Matching:
    await matching.create()
    await matching.add(PLATE)
    return matching


async def test_an_alert_shows_the_passage_beside_the_entry(listed: Matching) -> None:
    sent = read(PLATE)
    async with watching(listed) as (watch, _):
        await listed.record(read("9ZZZ999"), sent)
        (alert,) = (await watch.next()).alerts
    assert alert.sighting.read == sent
    assert alert.hotlist == hotlist().hotlist
    assert (alert.entry.plate, alert.entry.note) == (PLATE, entry().note)
    assert alert.alert_id == str(ids.alert_id(ids.parse(alert.entry.entry_id, ""), ids.parse(sent.read_id, "")))
    assert (alert.position, alert.late) == (1, False)


async def test_a_late_alert_is_delivered_and_marked(listed: Matching) -> None:
    async with watching(listed) as (watch, _):
        await listed.record(read(PLATE, backfill=True))
        assert [alert.late for alert in (await watch.next()).alerts] == [True]


async def test_an_alert_that_is_delivered_long_after_the_passage_is_late(listed: Matching) -> None:
    async with watching(listed) as (_, token):
        pass
    await listed.record(read(PLATE))
    with listed.scratch.connect() as connection:
        connection.execute(
            "UPDATE matching.sighting SET captured_at = captured_at - interval '2 min',"
            " captured_day = ((captured_at - interval '2 min') AT TIME ZONE 'UTC')::date"
        )
        connection.execute("UPDATE matching.alert SET captured_day = (SELECT captured_day FROM matching.sighting)")
    assert listed.rows("SELECT late FROM matching.alert") == [(False,)]
    async with watching(listed, token) as (watch, _):
        assert [alert.late for alert in (await watch.next()).alerts] == [True]


async def test_a_watch_without_token_begins_now_and_one_with_a_token_goes_on_there(listed: Matching) -> None:
    async with watching(listed) as (_, token):
        pass
    await listed.record(read(PLATE))
    async with watching(listed) as (fresh, _), watching(listed, token) as (resumed, again):
        assert again == token
        assert (await resumed.positions(1))[0] == [1]
        await listed.record(read(PLATE))
        assert (await fresh.positions(1))[0] == [2]
        assert (await resumed.positions(1))[0] == [2]


async def test_batches_hold_at_most_100_and_leave_nothing_out(listed: Matching) -> None:
    async with watching(listed) as (_, token):
        pass
    await listed.record(*[read(PLATE) for _ in range(250)])
    async with watching(listed, token) as (watch, _):
        positions, last = await watch.positions(250)
    assert positions == list(range(1, 251))
    assert last != token


async def test_a_watch_is_resumed_across_a_restart_and_misses_nothing(scratch: Scratch, start: Start) -> None:
    async with start(scratch, MemoryLedger()) as matching:
        await matching.create()
        await matching.add(PLATE)
        async with watching(matching) as (watch, _):
            await matching.record(read(PLATE), read(PLATE))
            positions, token = await watch.positions(2)
        await matching.record(read(PLATE))
    async with start(scratch, MemoryLedger()) as matching:
        await matching.record(read(PLATE))
        async with watching(matching, token) as (watch, _):
            await matching.record(read(PLATE))
            more, _ = await watch.positions(3)
    assert positions + more == [1, 2, 3, 4, 5]


async def test_a_batch_that_was_not_handled_comes_again(listed: Matching) -> None:
    async with watching(listed) as (watch, token):
        await listed.record(read(PLATE))
        assert (await watch.positions(1))[0] == [1]
    async with watching(listed, token) as (watch, _):
        assert (await watch.positions(1))[0] == [1]


async def test_an_alert_that_commits_late_is_not_passed_over(listed: Matching) -> None:
    early = read("2DEF456")
    await listed.record(early)
    entry_id = (await listed.add("2DEF456")).entry_ids[0]
    captured = early.capture.captured.time.ToDatetime(now().tzinfo)
    hit = Hit(ids.parse(entry_id, ""), captured.date(), ids.parse(early.read_id, ""), captured, backfill=False)
    scratch = listed.scratch
    held = await AsyncConnection.connect(scratch.dsn("matching_writer"), password=scratch.password("matching_writer"))
    async with watching(listed) as (watch, _), held:
        assert await raise_alerts(held, [hit]) == 1
        overtaking = asyncio.create_task(listed.record(read(PLATE)))
        await listed.somebody_waits()
        assert listed.rows("SELECT FROM matching.alert") == []
        await held.commit()
        await overtaking
        assert (await watch.positions(2))[0] == [1, 2]


async def test_filters_leave_out_and_lose_nothing(listed: Matching) -> None:
    await listed.create("uninsured", priority=90)
    await listed.add(PLATE, "2DEF456", hotlist_id="uninsured")
    async with watching(listed) as (_, token):
        pass
    await listed.record(read("2DEF456"), read(PLATE))
    await listed.record(read("2DEF456"))
    async with (
        watching(listed, token) as (everything, _),
        watching(listed, token, hotlist_ids=["uninsured"]) as (one, _),
        watching(listed, token, lowest_priority=50) as (urgent, _),
    ):
        assert len((await everything.positions(4))[0]) == 4
        assert len((await one.positions(3))[0]) == 3
        (alert,) = (await urgent.next()).alerts
    assert alert.hotlist.hotlist_id == "stolen"


async def test_a_zone_watches_its_own(listed: Matching) -> None:
    theirs = listed.acting_as(officer(OTHER_ZONE))
    await listed.create(zone=OTHER_ZONE)
    await theirs.add(PLATE)
    async with watching(listed) as (ours, _), watching(theirs) as (other, _):
        await listed.record(read(PLATE, camera="a"))
        await listed.record(read(PLATE, camera="b", zone=OTHER_ZONE))
        await listed.record(read(PLATE, camera="c"))
        seen = [alert.sighting.read.capture.camera_id for _ in range(2) for alert in (await ours.next()).alerts]
        assert seen == ["a", "c"]
        (alert,) = (await other.next()).alerts
        assert (alert.sighting.read.capture.camera_id, alert.hotlist.zone) == ("b", OTHER_ZONE)


async def test_what_grew_older_than_30_days_is_not_delivered(listed: Matching) -> None:
    async with watching(listed) as (_, token):
        pass
    # The second is too old to be matched, and makes the partition that the first is moved to.
    await listed.record(read(PLATE, at=now() - timedelta(days=29)), read(at=now() - timedelta(days=31)))
    assert listed.rows("SELECT count(*)::int FROM matching.alert") == [(1,)]
    with listed.scratch.connect() as connection:
        connection.execute(
            "UPDATE matching.sighting SET captured_at = captured_at - interval '48 h', captured_day = captured_day - 2"
            " WHERE captured_at > now() - interval '30 days'"
        )
        connection.execute("UPDATE matching.alert SET captured_day = captured_day - 2")
    await listed.record(read(PLATE))
    async with watching(listed, token) as (watch, _):
        assert (await watch.positions(1))[0] == [2]


async def test_each_batch_is_an_entry_in_the_log_and_a_row_in_the_ledger(listed: Matching) -> None:
    before = len(listed.ledger.entries)
    async with watching(listed) as (watch, _):
        await listed.record(read(PLATE))
        batch = await watch.next()
    intent, first, second = listed.ledger.entries[before : before + 3]
    assert [(entry.status, entry.page, entry.result_count) for entry in (first, second)] == [("OK", 1, 0), ("OK", 2, 1)]
    assert batch.receipt.intent_id == intent.id
    statement = "SELECT intent_id::text, function_name, row_count::int FROM matching.query_ledger"
    assert listed.rows(statement) == [(intent.id, "alerts_between", 1)]


async def test_while_the_log_is_down_alerts_are_held_and_none_is_lost(listed: Matching) -> None:
    ledger = listed.ledger
    async with watching(listed) as (watch, _):
        await listed.record(read(PLATE))
        _, token = await watch.positions(1)
        ledger.refuse_from = len(ledger.entries)
        await listed.record(read(PLATE))
        assert await watch.reason() == "AUDIT_UNAVAILABLE"
    assert await _refusal(listed, token) == "AUDIT_UNAVAILABLE"
    ledger.refuse_from = None
    async with watching(listed, token) as (watch, _):
        assert (await watch.positions(1))[0] == [2]


def _tokens(good: str) -> dict[str, str]:
    position = (7).to_bytes(8, "big")
    return {
        "one bit": good[:3] + ("A" if good[3] != "A" else "B") + good[4:],
        "cut": good[:-2],
        "other letters": "not a token",
        "not ascii": "é",
        "another key": Seal(bytes(32)).close("watch", REGION, position),
        "another region": Seal(KEY).close("watch", "elsewhere", position),
        "a page token": Seal(KEY).close("passages", REGION, position),
        "ahead of the head": Seal(KEY).close("watch", REGION, position),
    }


@pytest.mark.parametrize("kind", _tokens("0123456789"))
async def test_a_token_that_is_not_ours_is_refused(matching: Matching, kind: str) -> None:
    async with watching(matching) as (_, token):
        pass
    assert await _refusal(matching, _tokens(token)[kind]) == "RESUME_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"hotlist_ids": ["no-such-list"]}, "HOTLIST_NOT_FOUND"),
        ({"hotlist_ids": ["NOT AN ID"]}, "FIELD_INVALID"),
        ({"lowest_priority": 101}, "FIELD_INVALID"),
        ({"lowest_priority": -1}, "FIELD_INVALID"),
    ],
)
async def test_a_watch_of_the_wrong_shape_is_refused(
    matching: Matching, fields: dict[str, object], reason: str
) -> None:
    assert await _refusal(matching, **fields) == reason  # type: ignore[arg-type]


async def test_who_acts_for_no_zone_watches_nothing(matching: Matching) -> None:
    assert await _refusal(matching.acting_as(officer(""))) == "ZONE_FOREIGN"


async def test_a_purpose_outside_of_police_work_is_shown_no_alerts(listed: Matching) -> None:
    request = alert_pb2.WatchAlertsRequest(access=context(access_pb2.PURPOSE_OVERSIGHT))
    assert await Watch(listed.watch(request)).reason() == "PURPOSE_TOO_OLD"


async def test_the_bell_rings_when_an_alert_is_raised_by_whom_ever(listed: Matching) -> None:
    async with asyncio.timeout(30):
        while not listed.bell.heard:  # the first ring says that it listens
            await listed.bell.wait(0, 30)
        heard = listed.bell.heard
        await listed.record(read(PLATE))
        while listed.bell.heard == heard:
            await listed.bell.wait(heard, 30)
