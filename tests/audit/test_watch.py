import time
from pathlib import Path

import pytest

from services.audit import durability
from services.audit.errors import LogAltered, LogBroken
from services.audit.watch import Watch
from services.common.errors import ClockOff, StoreUnavailable
from tests.audit.logs import Parts, entry, replica
from tests.audit.test_integrator import change
from tests.engines import Scratch

pytestmark = pytest.mark.postgres


async def test_a_log_that_is_empty_fresh_or_integrated_is_well(parts: Parts) -> None:
    await parts.watch.check()
    await parts.log.append([entry()])
    await parts.watch.check()
    await parts.integrate()
    await parts.watch.check()


@pytest.mark.parametrize("offset_s", [-3.0, 3.0])
async def test_a_wrong_clock_is_told(parts: Parts, offset_s: float) -> None:
    with pytest.raises(ClockOff):
        await Watch(parts.store, clock=lambda: time.time() + offset_s).check()


@pytest.mark.parametrize("tamper", ["DELETE FROM audit.entry", "UPDATE audit.entry SET leaf = 'x'"])
async def test_a_missing_or_broken_entry_is_told(parts: Parts, tamper: str) -> None:
    await parts.log.append([entry()])
    change(parts.scratch, tamper)
    with pytest.raises(LogAltered):
        await parts.watch.check()


async def test_a_database_that_is_gone_is_told(scratch: Scratch, key_folder: Path) -> None:
    async with replica(scratch, key_folder) as parts:
        pass
    with pytest.raises(StoreUnavailable):
        await parts.watch.check()


async def test_a_database_that_may_lose_commits_is_refused(parts: Parts) -> None:
    """The server of the tests is one: it runs without fsync."""
    with pytest.raises(LogBroken, match="fsync, full_page_writes must be on"):
        await durability.verify(parts.appender)
