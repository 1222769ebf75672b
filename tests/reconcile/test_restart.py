"""A database server that dies and comes back gives no finding, and what somebody does around that is found all the same."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.local import postgres as engine
from services.local import process
from services.reconcile.finding import KINDS, Severity
from services.reconcile.store import DatabaseFailed
from tests import engines
from tests.matching.builders import read
from tests.reconcile.conftest import Region, region_on

pytestmark = pytest.mark.postgres


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[Region, engines.Cluster]]:
    """A region on a server of its own, which the test may kill."""
    with engines.cluster(tmp_path) as cluster:
        # The log's server is another one in production; here it goes down with it.
        async with region_on(cluster.fresh("matching"), cluster.fresh("audit"), tmp_path) as region:
            yield region, cluster


def crash(cluster: engines.Cluster) -> engine.Server:
    """Kills the server at once, and starts it again."""
    rest = cluster.server.cluster
    process.kill(cluster.server.child)
    child = process.spawn(engine.prepare(rest))
    engine.wait(rest, child)
    return engine.Server(rest, child)


async def _judged(region: Region, count: int = 3) -> list[str]:
    return [kind for kind in await region.looks(count) if KINDS[kind].severity is not Severity.NOTICE]


async def test_a_crash_is_told_of_and_is_no_finding(own: tuple[Region, engines.Cluster]) -> None:
    region, cluster = own
    for _ in range(5):
        await region.lookup()
    await region.matching.record(read("1ABC123"))
    assert await region.looks() == []
    server = crash(cluster)
    try:
        told = await _until_it_answers(region)
        assert set(told) <= {"server-restarted", "statistics-lost"}
        assert "server-restarted" in told
        for _ in range(5):
            await _again(region)
        await asyncio.sleep(11)  # idle backends report what they counted
        assert await _judged(region) == []
        region.steal()
        assert await _judged(region) == ["read-without-intent"]
    finally:
        engine.stop(server)


async def _until_it_answers(region: Region) -> list[str]:
    for _ in range(100):
        try:
            return await region.look(after_s=1)
        except Exception:  # noqa: BLE001 the database, or the log whose database it is
            await asyncio.sleep(0.2)
    raise TimeoutError


async def _again(region: Region) -> None:
    for _ in range(20):
        try:
            await region.lookup()
        except Exception:  # noqa: BLE001
            await asyncio.sleep(0.2)
        return
    raise TimeoutError


async def test_a_database_that_is_away_is_said_and_judged_by_nobody(own: tuple[Region, engines.Cluster]) -> None:
    region, cluster = own
    await region.lookup()
    await region.look()
    os.kill(cluster.server.child.pid, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseFailed):
            await region.look()
    finally:
        os.kill(cluster.server.child.pid, signal.SIGCONT)
    assert await region.looks() == []
