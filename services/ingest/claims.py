"""Which frames are claimed first, and the SQL of it.

Live before backfill, and among the live ones the newest first: an alert helps for a minute, and in a backlog that is older than
that, the oldest first would mean that no vehicle is ever found in time until all of it is done. One claim in four is the oldest
that is due, and one in sixteen the oldest backfill, so that none waits for ever, not even when more comes for good than can be
read. Without a backlog there is no difference: what is due is claimed at once.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import DictRow, dict_row

from services.common.database import Database

OLDEST_EVERY = 4
BACKFILL_EVERY = 16

# The state is written out in each: only so is the partial index found by a prepared statement.
FREE = "next_attempt_at <= now() AND (claimed_until IS NULL OR claimed_until <= now())"
NEWEST = "AND NOT backfill ORDER BY next_attempt_at DESC"
BACKFILL = "AND backfill ORDER BY next_attempt_at"
OLDEST = "ORDER BY backfill, next_attempt_at"
TAKE = "LIMIT %(limit)s FOR UPDATE SKIP LOCKED"
CLAIM = "SET claimed_by = %(worker)s, claimed_until = now() + %(lease)s, attempts = attempts + 1"
CLAIM_WAITING = """
WITH due AS (SELECT frame_id FROM ingest.frame WHERE state = 'waiting' AND {free} {order} {take})
UPDATE ingest.frame {claim} FROM due WHERE frame.frame_id = due.frame_id
RETURNING frame.*
"""
CLAIM_READ = """
WITH due AS (SELECT frame_id FROM ingest.frame WHERE state = 'read' AND {free} {order} {take})
UPDATE ingest.frame {claim} FROM due JOIN ingest.frame_result AS result USING (frame_id) WHERE frame.frame_id = due.frame_id
RETURNING frame.frame_id, frame.backfill, frame.attempts, result.reads
"""


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims, and for how long. `worker` is a name that no other process has or had."""

    worker: UUID
    lease: timedelta


class Claims:
    """Claims in one queue: CLAIM_WAITING or CLAIM_READ."""

    def __init__(self, database: Database, claimant: Claimant, queue: str) -> None:
        self._database, self._claimant = database, claimant
        self._newest, self._backfill, self._oldest = (
            queue.format(free=FREE, order=order, take=TAKE, claim=CLAIM) for order in (NEWEST, BACKFILL, OLDEST)
        )
        self._claimed = 0

    async def take(self, limit: int) -> list[DictRow]:
        """At most `limit` frames, in no order; all of them claimed, or none."""
        turns = range(self._claimed + 1, self._claimed + limit + 1)
        newest = sum(turn % OLDEST_EVERY != 0 for turn in turns)
        async with self._database.transaction() as connection, connection.cursor(row_factory=dict_row) as rows:
            found = await self._claim(rows, self._newest, newest)
            if len(found) == newest:  # else the oldest are all that is left, backfill among them
                found += await self._claim(rows, self._backfill, sum(turn % BACKFILL_EVERY == 0 for turn in turns))
            found += await self._claim(rows, self._oldest, limit - len(found))
        self._claimed += len(found)
        return found

    async def _claim(self, rows: AsyncCursor[DictRow], statement: str, limit: int) -> list[DictRow]:
        if limit == 0:
            return []
        values = {"limit": limit, "worker": self._claimant.worker, "lease": self._claimant.lease}
        await rows.execute(statement.encode(), values)
        return await rows.fetchall()
