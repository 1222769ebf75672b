"""Two matchings on one database, each as a process of its own as far as the other knows."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import grpc
import pytest
from anpr.matching.v1 import alert_pb2

from services.common import refusals
from tests.common.ledgers import MemoryLedger
from tests.engines import Scratch
from tests.matching.builders import context, now, read
from tests.matching.conftest import Matching, running
from tests.matching.cut import Cut, way

pytestmark = pytest.mark.postgres
PLATES = [f"1AAA{number:03}" for number in range(8)]
COUNT = "SELECT count(*)::int FROM matching.sighting"
ALERTS = "SELECT position::int FROM matching.alert ORDER BY position"
HITS = "SELECT count(*)::int FROM matching.alert"
HEAD = "SELECT position::int FROM matching.alert_head"


@pytest.fixture
async def two(scratch: Scratch) -> AsyncIterator[tuple[Matching, Matching]]:
    async with running(scratch, MemoryLedger()) as one, running(scratch, MemoryLedger()) as other:
        await one.create()
        yield one, other


async def test_the_same_reads_at_both_are_one_sighting_and_one_alert_each(two: tuple[Matching, Matching]) -> None:
    await two[0].add(*PLATES)
    reads = [read(plate) for plate in PLATES * 3]

    async def send(matching: Matching, turn: int) -> tuple[int, int]:
        """Batches that overlap with those of the other, in another order."""
        order = reads[turn * 5 :] + reads[: turn * 5]
        order = order if turn % 2 else order[::-1]
        answers = [await matching.record(*order[start : start + 7]) for start in range(0, len(order), 7)]
        return sum(answer.recorded for answer in answers), sum(answer.alerts for answer in answers)

    counted = await asyncio.gather(*(send(two[turn % 2], turn) for turn in range(6)))
    assert [sum(column) for column in zip(*counted, strict=True)] == [24, 24]
    assert two[0].rows(COUNT) == [(24,)]
    assert two[0].rows(ALERTS) == [(number,) for number in range(1, 25)]
    assert two[0].rows(HEAD) == [(24,)]


async def test_lists_that_change_at_one_while_the_other_records_miss_and_double_nothing(
    two: tuple[Matching, Matching],
) -> None:
    """Everything at once: recording and list changes at both, and both sweepers."""
    writing = asyncio.Event()

    async def sweep(matching: Matching) -> int:
        alerts = 0
        while not writing.is_set():
            alerts += await matching.sweeper.sweep()
            await asyncio.sleep(0.005)
        return alerts + await matching.sweeper.sweep()

    async def record(matching: Matching) -> int:
        return sum([(await matching.record(*(read(plate) for plate in PLATES))).alerts for _ in range(6)])

    async def change(matching: Matching, plates: list[str]) -> None:
        for plate in plates:
            await matching.add(plate)

    sweeping = [asyncio.create_task(sweep(matching)) for matching in two]
    *recorded, _, _ = await asyncio.gather(
        *(record(matching) for matching in two), change(two[0], PLATES[:4]), change(two[1], PLATES[4:])
    )
    writing.set()
    swept = await asyncio.gather(*sweeping)
    assert sum(int(count or 0) for count in recorded) + sum(swept) == 6 * 2 * len(PLATES)
    assert two[0].rows(ALERTS) == [(number,) for number in range(1, 6 * 2 * len(PLATES) + 1)]


async def test_a_watcher_at_one_sees_at_once_what_the_other_raises_and_goes_on_there(
    two: tuple[Matching, Matching],
) -> None:
    await two[0].add(PLATES[0])
    request = alert_pb2.WatchAlertsRequest(access=context())
    watch = two[0].watch(request)
    begun = await watch.read()
    assert isinstance(begun, alert_pb2.WatchAlertsResponse)
    heard = two[0].bell.heard
    await two[1].record(read(PLATES[0]))
    async with asyncio.timeout(30):
        batch = await watch.read()
        while two[0].bell.heard == heard:
            await two[0].bell.wait(heard, 30)
    assert isinstance(batch, alert_pb2.WatchAlertsResponse)
    assert [alert.position for alert in batch.alerts] == [1]
    watch.cancel()
    await two[0].record(read(PLATES[0]))
    request.resume_token = batch.resume_token
    resumed = two[1].watch(request)
    await resumed.read()
    async with asyncio.timeout(30):
        more = await resumed.read()
    assert isinstance(more, alert_pb2.WatchAlertsResponse)
    assert [alert.position for alert in more.alerts] == [2]
    resumed.cancel()


async def test_a_day_that_both_need_first_gets_one_partition(two: tuple[Matching, Matching]) -> None:
    days = [now() - timedelta(days=back) for back in (50, 51, 52)]
    turns = [[read(at=day, backfill=True) for day in days[shift:] + days[:shift]] for shift in range(3)]
    answers = await asyncio.gather(*(two[turn % 2].record(*turns[turn % 3]) for turn in range(6)))
    assert sum(answer.recorded for answer in answers) == 9


@pytest.mark.parametrize(("cut", "stored"), [(Cut.BEFORE_COMMIT, 0), (Cut.AFTER_COMMIT, 2)])
async def test_a_batch_whose_commit_was_cut_off_is_sent_to_the_other_and_is_there_once(
    scratch: Scratch, cut: Cut, stored: int
) -> None:
    reads = [read(PLATES[0]), read(PLATES[1])]
    async with (
        way(scratch.server.cluster.port) as line,
        running(scratch, MemoryLedger(), port=line.port) as one,
        running(scratch, MemoryLedger()) as other,
    ):
        await other.create()
        await other.add(PLATES[0])
        line.cut, line.mark = cut, b"INSERT INTO matching.sighting"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await one.record(*reads)
        assert refusals.reason(refused.value) == "COMMIT_UNKNOWN"
        assert other.rows(COUNT) == [(stored,)]
        again = await other.record(*reads)
        assert again.recorded == 2 - stored
        assert (await one.record(*reads)).recorded == 0
        assert other.rows(ALERTS) == [(1,)]
        assert other.rows(HEAD) == [(1,)]
