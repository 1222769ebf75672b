"""Keeps the receipts that a service was given, in its own database: who holds a receipt can prove what the log promised.

They are written beside the calls, some at a time, and delay none. What cannot be written for a while is held back up to MAX_HELD
receipts, then the oldest are let go, and counted: the caller has his own copy, and the log has the entry.
"""

import asyncio
from collections import deque
from uuid import UUID

import structlog
from anpr.audit.v1 import audit_pb2
from psycopg import sql

from services.common import metrics
from services.common.database import Database
from services.common.errors import StoreUnavailable
from services.common.ledger import Promise

log = structlog.get_logger()

EVERY_S = 0.5
MAX_HELD = 50_000
AT_ONCE = 1000
DAYS = 90
TIDY_S = 3600.0

INSERT = sql.SQL("""
INSERT INTO {table} (entry_id, request_id, index, note)
SELECT * FROM unnest(%(entries)s::uuid[], %(requests)s::uuid[], %(indexes)s::bigint[], %(notes)s::text[])
ON CONFLICT DO NOTHING
""")
DELETE = sql.SQL("""
DELETE FROM {table} WHERE entry_id IN (
    SELECT entry_id FROM {table} WHERE at < clock_timestamp() - make_interval(days => %(days)s) LIMIT %(limit)s
)
""")

_Row = tuple[UUID, UUID | None, int, str]


class KeptReceipts:
    """Receipts of one service. schema: that of the service, which has a table `receipt`."""

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        table = sql.Identifier(schema, "receipt")
        self._insert, self._delete = INSERT.format(table=table), DELETE.format(table=table)
        self._held: deque[_Row] = deque(maxlen=MAX_HELD)

    def keep(self, fields: audit_pb2.EntryFields, promise: Promise) -> None:
        """Takes a receipt; it is written soon."""
        if len(self._held) == MAX_HELD:
            metrics.RECEIPTS_LOST.inc()
        request = fields.access.request_id
        self._held.append((UUID(fields.id), UUID(request) if request else None, promise.index, promise.note))

    async def run(self) -> None:
        """Writes what has come, for ever, and removes what is older than 90 days."""
        loop = asyncio.get_running_loop()
        tidied_at = float("-inf")
        while True:
            try:
                await self.write()
                if loop.time() - tidied_at > TIDY_S and not await self.tidy():
                    tidied_at = loop.time()
            except StoreUnavailable:
                log.warning("receipts.wait", held=len(self._held))
            await asyncio.sleep(EVERY_S)

    async def write(self) -> None:
        """Writes all that has come. Raises StoreUnavailable; what was not written is held."""
        while self._held:
            batch = [self._held[position] for position in range(min(AT_ONCE, len(self._held)))]
            entries, requests, indexes, notes = zip(*batch, strict=True)
            columns = {"entries": entries, "requests": requests, "indexes": indexes, "notes": notes}
            async with self._database.transaction() as connection:
                await connection.execute(self._insert, {name: list(column) for name, column in columns.items()})
            for row in batch:  # others may have been let go meanwhile
                if self._held and self._held[0] is row:
                    self._held.popleft()

    async def tidy(self) -> bool:
        """Removes some of the old ones; whether there may be more. Raises StoreUnavailable."""
        async with self._database.transaction() as connection:
            done = await connection.execute(self._delete, {"days": DAYS, "limit": AT_ONCE})
        return done.rowcount == AT_ONCE
