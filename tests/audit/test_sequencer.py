"""What PostgreSQL says is not what happened: commits that only seem to have worked, and servers that hang."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import psycopg
import pytest

from services.audit.sequencer import Sequencer
from services.common.errors import StoreUnavailable
from tests.audit.logs import entry, replica, sequencer
from tests.audit.test_entry import BYTES, LEAF
from tests.audit.test_log import rows
from tests.engines import Scratch

pytestmark = pytest.mark.postgres

WAITING = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = 'audit_appender' AND %s IN (wait_event_type, wait_event)"
)
# Ends the probe, too.
PROBE_WAITS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'probe' AND wait_event = 'SyncRep'"
)


@contextmanager
def absent_standby(scratch: Scratch) -> Iterator[None]:
    """Commits wait for a standby that is not there."""
    with scratch.connect() as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        connection.execute("SELECT pg_reload_conf()")
        try:
            until_commits_wait(scratch)
            yield
        finally:
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("SELECT pg_reload_conf()")


def until_commits_wait(scratch: Scratch) -> None:
    """A reload takes effect a little later: commits of our own go on until one waits."""
    with scratch.connect() as watcher, ThreadPoolExecutor(1) as threads:
        commits = threads.submit(commit_on_and_on, scratch)
        while not watcher.execute(PROBE_WAITS).fetchall():
            assert not commits.done()
        assert isinstance(commits.exception(timeout=5), psycopg.OperationalError)


def commit_on_and_on(scratch: Scratch) -> NoReturn:
    with scratch.connect() as connection:
        connection.execute("SET application_name = 'probe'; SET synchronous_commit = on")
        while True:
            connection.execute("SELECT pg_logical_emit_message(true, 'probe', '')")


async def until_waiting(scratch: Scratch, what: str) -> int:
    """Pid of the backend of the log, once it waits for this."""
    while True:
        with scratch.connect() as connection:
            if waiting := connection.execute(WAITING, (what,)).fetchall():
                return int(waiting[0][0])
        await asyncio.sleep(0.01)


async def cancel_waiting_commit(scratch: Scratch) -> None:
    pid = await until_waiting(scratch, "SyncRep")
    with scratch.connect() as connection:
        connection.execute("SELECT pg_cancel_backend(%s)", (pid,))


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


async def test_a_replica_that_stops_while_it_holds_the_lock_does_not_stop_the_others(
    scratch: Scratch, key_folder: Path
) -> None:
    """PostgreSQL ends its transaction after half a second, and what it had in hand with it."""
    stopped = sequencer(scratch)
    async with replica(scratch, key_folder) as other:
        with pytest.raises(StoreUnavailable):
            await hold(stopped, until=lambda: other.log.append([entry()]))
    assert rows(scratch) == [0]
    await stopped.close()


async def hold(one: Sequencer, until: Callable[[], Awaitable[object]]) -> None:
    async with one.turn([]) as turn:
        await until()
        await turn.commit([])


async def test_a_turn_without_a_commit_leaves_nothing(scratch: Scratch, key_folder: Path) -> None:
    async with replica(scratch, key_folder) as parts:
        async with parts.sequencer.turn([]) as turn:
            assert turn.next_index == 0
        with pytest.raises(ZeroDivisionError):
            async with parts.sequencer.turn([]):
                raise ZeroDivisionError
        assert (await parts.log.append([entry()]))[0].index == 0


async def test_ids_are_looked_up_after_the_lock_is_taken(scratch: Scratch) -> None:
    """What the last holder of the lock wrote is seen, though the turn was asked for before he committed."""
    waiter = sequencer(scratch)
    with scratch.connect(autocommit=False) as holder:
        holder.execute("SELECT FROM audit.head FOR UPDATE")
        asked = asyncio.ensure_future(begin(waiter, LEAF.id))
        await until_waiting(scratch, "Lock")
        holder.execute("INSERT INTO audit.entry VALUES (0, %s)", (BYTES,))
        holder.execute("INSERT INTO audit.entry_id VALUES (%s, 0)", (LEAF.id,))
        holder.execute("UPDATE audit.head SET next_seq = 1")
        holder.commit()
        assert await asked == (1, {LEAF.id: 0})
    await waiter.close()


async def begin(one: Sequencer, entry_id: UUID) -> tuple[int, dict[UUID, int]]:
    async with one.turn([entry_id]) as turn:
        return turn.next_index, {id_: known.index for id_, known in turn.known.items()}
