"""What PostgreSQL says is not what happened: commits that only seem to have worked, and servers that hang."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.common.errors import StoreUnavailable
from tests.audit.logs import entry, replica
from tests.audit.test_log import rows
from tests.engines import Scratch

pytestmark = pytest.mark.postgres

WAITING = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = 'audit_appender' AND wait_event = 'SyncRep'"
)


@contextmanager
def absent_standby(scratch: Scratch) -> Iterator[None]:
    """Commits wait for a standby that is not there."""
    with scratch.connect() as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("SELECT pg_reload_conf()")


async def cancel_waiting_commit(scratch: Scratch) -> None:
    while True:
        with scratch.connect() as connection:
            if waiting := connection.execute(WAITING).fetchall():
                connection.execute("SELECT pg_cancel_backend(%s)", waiting[0])
                return
        await asyncio.sleep(0.01)


async def test_a_cancelled_wait_for_the_standby_is_no_success(scratch: Scratch, key_folder: Path) -> None:
    """The commit answers as if it had worked, with a warning; the entry is on the primary alone."""
    one = entry()
    async with replica(scratch, key_folder) as parts:
        await parts.log.append([entry()])
        with absent_standby(scratch):
            append = asyncio.ensure_future(parts.log.append([one]))
            for _ in range(2):  # the log tries twice
                await cancel_waiting_commit(scratch)
            with pytest.raises(StoreUnavailable, match="without reserve"):
                await append
            assert rows(scratch) == [0, 1]
        (promise,) = await parts.log.append([one])
    assert promise.index == 1
    assert rows(scratch) == [0, 1]


async def test_a_repeated_entry_waits_for_the_standby_too(scratch: Scratch, key_folder: Path) -> None:
    """It adds nothing; an answer without waiting would promise what only the primary has."""
    one = entry()
    async with replica(scratch, key_folder, deadline_s=0.5) as parts:
        await parts.log.append([one])
        with absent_standby(scratch), pytest.raises(StoreUnavailable):
            await parts.log.append([one])
        assert (await parts.log.append([one]))[0].index == 0


async def test_a_server_that_hangs_is_left_at_the_deadline(scratch: Scratch, key_folder: Path) -> None:
    async with replica(scratch, key_folder, deadline_s=0.3) as parts:
        await parts.log.append([entry()])
        one = entry()
        with absent_standby(scratch), pytest.raises(StoreUnavailable):
            await parts.log.append([one])
        assert (await parts.log.append([one]))[0].index == 1
    assert rows(scratch) == [0, 1]


async def test_a_turn_without_a_commit_leaves_nothing(scratch: Scratch, key_folder: Path) -> None:
    async with replica(scratch, key_folder) as parts:
        async with parts.sequencer.turn([]) as turn:
            assert turn.next_index == 0
        with pytest.raises(ZeroDivisionError):
            async with parts.sequencer.turn([]):
                raise ZeroDivisionError
        assert (await parts.log.append([entry()]))[0].index == 0
