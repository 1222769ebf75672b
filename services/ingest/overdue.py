"""How long frames have been due: what says first that a stage does not keep up, or has stopped."""

import asyncio
from typing import NoReturn

import structlog

from services.common.database import Database
from services.common.errors import StoreUnavailable
from services.ingest import metrics
from services.ingest.backlog import BY_INDEX

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
# The first of each partial index: a few pages, however many frames wait.
SELECT = """
SELECT
    extract(epoch FROM now() - least(
        (SELECT min(next_attempt_at) FROM ingest.frame WHERE state = 'waiting' AND NOT backfill),
        (SELECT min(next_attempt_at) FROM ingest.frame WHERE state = 'waiting' AND backfill)))::float8,
    extract(epoch FROM now() - least(
        (SELECT min(next_attempt_at) FROM ingest.frame WHERE state = 'read' AND NOT backfill),
        (SELECT min(next_attempt_at) FROM ingest.frame WHERE state = 'read' AND backfill)))::float8
"""


class Overdue:
    """Looks for as long as `run` runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> NoReturn:
        """Looks every second."""
        while True:
            try:
                await self.look()
            except StoreUnavailable:
                log.warning("backlog.not_looked_at")
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Measures once. Raises StoreUnavailable; then what was measured stays."""
        async with self._database.transaction() as connection:
            await connection.execute(BY_INDEX)
            row = await (await connection.execute(SELECT)).fetchone()
        for state, seconds in zip(("waiting", "read"), row or (), strict=False):
            metrics.OVERDUE.labels(state).set(max(0.0, seconds or 0.0))
