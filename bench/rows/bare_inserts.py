"""Inserts of the very rows that the log wrote, under new ids and numbers, into tables of the same shape in the same instance.

Nothing is left to do for this side: rows are made, sealed and numbered; no lock, no look at ids, no signature, no tree.
"""

import itertools
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from psycopg import AsyncConnection

from bench.measure import Tally, per_second
from bench.rows import beside
from bench.stand import Stand
from services.audit import sequencer
from services.common import ids
from services.local import databases, postgres

TABLES = ("entry", "entry_id", "payload", "secret", "tag")
SELECT_ROWS = """
SELECT e.leaf, p.epoch, p.sealed, s.wrapped, t.at_ms, t.kind, t.system, coalesce(t.actor, '') AS actor,
    coalesce(t.plate, '') AS plate, coalesce(t.case_reference, '') AS case_reference, coalesce(t.unit, '') AS unit,
    coalesce(t.decision, '') AS decision, t.purpose, t.status, t.rpc, t.result_count
FROM audit.entry e JOIN audit.payload p USING (seq) JOIN audit.secret s USING (seq) JOIN audit.tag t USING (seq)
ORDER BY e.seq LIMIT %s
"""
COLUMNS = (
    "leaf",
    "epoch",
    "sealed",
    "wrapped",
    "at_ms",
    "kind",
    "system",
    "actor",
    "plate",
    "case_reference",
    "unit",
    "decision",
    "purpose",
    "status",
    "rpc",
    "result_count",
)
INSERT = sequencer.INSERT_ROWS.replace("audit.", "bare.").encode()

Rows = Sequence[tuple[Any, ...]]


def make_tables(stand: Stand, rows: int) -> Rows:
    """Makes the tables, with the same indexes; gives the first rows of the log."""
    with stand.audit_database() as superuser:
        superuser.execute("CREATE SCHEMA bare")
        for table in TABLES:
            superuser.execute(f"CREATE TABLE bare.{table} (LIKE audit.{table} INCLUDING ALL)".encode())
        return superuser.execute(SELECT_ROWS, (rows,)).fetchall()


class Inserting:
    """Connections that insert `batch` rows in one statement and one commit, one batch after the other."""

    _numbers = itertools.count()

    def __init__(self, connections: Sequence[AsyncConnection], stored: Rows, *, batch: int, rows: int) -> None:
        self._connections, self._batch, self._rows = connections, batch, rows
        starts = range(0, len(stored) - batch + 1, batch)
        self._stored = itertools.cycle([_columns(stored[start : start + batch]) for start in starts])

    async def run(self) -> Tally:
        waiting = iter([self._renamed(next(self._stored)) for _ in range(self._rows // self._batch)])
        began = time.perf_counter()
        await beside.together([_insert(connection, waiting) for connection in self._connections])
        return per_second(self._rows, began)

    def _renamed(self, columns: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
        numbers = [next(self._numbers) for _ in range(self._batch)]
        return {**columns, "seq": numbers, "id": [ids.uuid7() for _ in numbers]}


async def _insert(connection: AsyncConnection, batches: Iterator[Mapping[str, list[Any]]]) -> None:
    for batch in batches:
        await connection.execute(INSERT, batch)


@asynccontextmanager
async def connected(stand: Stand, count: int) -> AsyncIterator[list[AsyncConnection]]:
    """So many connections, on which each statement is a transaction."""
    cluster = stand.instance.audit_cluster
    dsn = cluster.conninfo(databases.AUDIT.name, postgres.SUPERUSER)
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                await AsyncConnection.connect(dsn, password=cluster.password(), autocommit=True)
            )
            for _ in range(count)
        ]


def _columns(rows: Rows) -> dict[str, list[Any]]:
    return dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
