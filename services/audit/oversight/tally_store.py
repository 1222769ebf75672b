"""The SQL of the statistics, as audit_reviewer."""

from dataclasses import dataclass

from psycopg.rows import class_row

from services.audit.oversight.sealing import Box
from services.common.database import Database

SELECT_TALLY = """
SELECT dimension, word, epoch, zone, unit, count FROM audit.tally WHERE month = %(month)s
"""
SELECT_NAMES = "SELECT tag, id, epoch, wrapped, sealed FROM audit.name WHERE epoch = ANY (%(epochs)s)"
SELECT_FLAGS = """
SELECT 'flags_raised' AS dimension, rule, count(*) FROM audit.flag
WHERE raised_ms >= %(from_ms)s AND raised_ms < %(until_ms)s GROUP BY rule
UNION ALL
SELECT CASE v.verdict WHEN 'referred' THEN 'flags_upheld' ELSE 'flags_justified' END, f.rule, count(*)
FROM audit.flag_verdict v JOIN audit.flag f USING (flag_id)
WHERE v.at_ms >= %(from_ms)s AND v.at_ms < %(until_ms)s GROUP BY v.verdict, f.rule
"""


@dataclass(frozen=True, slots=True)
class Tallied:
    """A count; zone and unit are tags, empty where a dimension has no such part."""

    dimension: str
    word: str
    epoch: str
    zone: bytes
    unit: bytes
    count: int


class TallyStore:
    """Counts by month. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def month(self, month: str) -> list[Tallied]:
        """The counts of a month."""
        async with (
            self._database.transaction() as connection,
            connection.cursor(row_factory=class_row(Tallied)) as rows,
        ):
            await rows.execute(SELECT_TALLY, {"month": month})
            return await rows.fetchall()

    async def names(self, epochs: list[str]) -> dict[tuple[str, bytes], Box]:
        """The names behind the tags of these epochs, encrypted."""
        async with self._database.transaction() as connection:
            rows = await (await connection.execute(SELECT_NAMES, {"epochs": epochs})).fetchall()
        return {(epoch, tag): Box(id_, epoch, wrapped, sealed) for tag, id_, epoch, wrapped, sealed in rows}

    async def flags(self, from_ms: int, until_ms: int) -> list[tuple[str, str, int]]:
        """Flags raised and verdicts given within a span of time: dimension, rule, count."""
        async with self._database.transaction() as connection:
            rows = await connection.execute(SELECT_FLAGS, {"from_ms": from_ms, "until_ms": until_ms})
            return await rows.fetchall()
