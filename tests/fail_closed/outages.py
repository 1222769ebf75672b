"""The ways in which the log does not take an entry."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import LiteralString

import psycopg

from services.local import databases
from services.local.postgres import Cluster
from tests.chaos import processes
from tests.fail_closed.town import Town

Outage = Callable[[Town], AbstractAsyncContextManager[None]]
# As a superuser might who is tired of a session that hangs.
CANCEL_WAITING: LiteralString = """
SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename LIKE 'audit%'
"""


def superuser(cluster: Cluster, database: str) -> psycopg.Connection:
    return psycopg.connect(cluster.conninfo(database), password=cluster.password(), autocommit=True)


@asynccontextmanager
async def killed(town: Town) -> AsyncIterator[None]:
    """The process is dead."""
    await town.suite.kill("audit")
    try:
        yield
    finally:
        await town.suite.start("audit")
        await town.desk.reach()


@asynccontextmanager
async def hung(town: Town) -> AsyncIterator[None]:
    """The process is there, its connections are open, and it says nothing."""
    halted = processes.halt(town.suite.pid("audit"))
    try:
        yield
    finally:
        processes.wake(halted)
        await town.desk.reach()


@asynccontextmanager
async def unconfirmed(town: Town) -> AsyncIterator[None]:
    """Commits wait for a standby that is not there, and somebody cancels them: PostgreSQL then says COMMIT, with a warning."""
    cluster = town.suite.instance.audit_cluster
    with superuser(cluster, "postgres") as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        connection.execute("SELECT pg_reload_conf()")
    cancelling = asyncio.create_task(_cancel_on(cluster, begun := asyncio.Event()))
    try:
        await begun.wait()
        yield
    finally:
        with superuser(cluster, "postgres") as connection:
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("SELECT pg_reload_conf()")
        cancelling.cancel()
        with suppress(asyncio.CancelledError):
            await cancelling
        await town.desk.reach()


async def _cancel_on(cluster: Cluster, begun: asyncio.Event) -> None:
    """Cancels every commit of the log that waits; `begun` is set with the first."""
    async with await psycopg.AsyncConnection.connect(
        cluster.conninfo(databases.AUDIT.name), password=cluster.password(), autocommit=True
    ) as connection:
        while True:
            if await (await connection.execute(CANCEL_WAITING)).fetchall():
                begun.set()
            await asyncio.sleep(0.02)


async def eventually(holds: Callable[[], Awaitable[bool]], *, patience_s: float = 30.0) -> None:
    """Returns when it does. Raises TimeoutError."""
    async with asyncio.timeout(patience_s):
        while not await holds():
            await asyncio.sleep(0.1)


DEAD, HUNG = "the process is dead", "the process hangs"
OUTAGES: dict[str, Outage] = {
    DEAD: killed,
    HUNG: hung,
    "a commit is cancelled while it waits for the standby": unconfirmed,
}
