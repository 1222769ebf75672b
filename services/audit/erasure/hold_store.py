"""The SQL of holds, as audit_eraser."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql
from psycopg.rows import class_row

from services.audit.erasure.errors import HoldNotFound
from services.audit.erasure.hold import Criteria
from services.common.database import Database

SELECT_EPOCHS = "SELECT name FROM audit.epoch WHERE destroyed_at IS NULL ORDER BY name"
INSERT_HOLD = """
INSERT INTO audit.hold (placed_seq, first_seq, last_seq, from_ms, until_ms, fields)
VALUES (%(placed)s, %(first)s, %(last)s, %(from_ms)s, %(until_ms)s, %(fields)s) RETURNING number
"""
INSERT_TAGS = """
INSERT INTO audit.hold_tag (hold, epoch, field, tag)
SELECT %(hold)s, * FROM unnest(%(epochs)s::text[], %(fields)s::text[], %(tags)s::bytea[]) ON CONFLICT DO NOTHING
"""
COLUMNS = sql.SQL("h.number, h.placed_seq AS placed_index, h.lifted_by IS NOT NULL AS is_lifted")
SELECT_HOLD = sql.SQL("SELECT {} FROM audit.hold h WHERE h.number = %(number)s").format(COLUMNS)
SELECT_HOLDS = sql.SQL("""
SELECT {} FROM audit.hold h WHERE NOT %(only_standing)s OR h.lifted_by IS NULL ORDER BY h.number DESC LIMIT %(limit)s
""").format(COLUMNS)
SELECT_UNTAGGED = sql.SQL("""
SELECT {} FROM audit.hold h WHERE h.lifted_by IS NULL AND EXISTS (
    SELECT FROM audit.epoch e WHERE e.destroyed_at IS NULL
        AND (SELECT count(*) FROM audit.hold_tag g WHERE g.hold = h.number AND g.epoch = e.name) < cardinality(h.fields))
ORDER BY h.number
""").format(COLUMNS)

Tags = Mapping[tuple[str, str], bytes]  # by epoch and field


@dataclass(frozen=True, slots=True)
class Stored:
    """A hold without what its entry says."""

    number: int
    placed_index: int
    is_lifted: bool


class HoldStore:
    """Holds. Every method raises StoreUnavailable; those that write may raise CommitUnknown as well."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def epochs(self) -> list[str]:
        """Epochs that were not destroyed."""
        async with self._database.transaction() as connection:
            return [name for (name,) in await (await connection.execute(SELECT_EPOCHS)).fetchall()]

    async def place(self, placed: int, criteria: Criteria, tags: Tags) -> int:
        """Stores a hold and gives its number. It waits for a destruction that is under way, and no later one passes it by."""
        row = {name: getattr(criteria, name) for name in ("first", "last", "from_ms", "until_ms")}
        async with self._database.transaction() as connection:
            found = await connection.execute(INSERT_HOLD, {"placed": placed, **row, "fields": list(criteria.fields)})
            number = int((await found.fetchall())[0][0])
            await connection.execute(INSERT_TAGS, {"hold": number, **_columns(tags)})
        return number

    async def add(self, number: int, tags: Tags) -> None:
        """Adds tags that are missing."""
        async with self._database.transaction() as connection:
            await connection.execute(INSERT_TAGS, {"hold": number, **_columns(tags)})

    async def one(self, number: int) -> Stored:
        """A hold. Raises HoldNotFound."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Stored)) as rows:
            await rows.execute(SELECT_HOLD, {"number": number})
            found = await rows.fetchone()
        if found is None:
            raise HoldNotFound("there is no such hold", hold=number)
        return found

    async def holds(self, *, only_standing: bool, limit: int) -> list[Stored]:
        """Holds, newest first."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Stored)) as rows:
            await rows.execute(SELECT_HOLDS, {"only_standing": only_standing, "limit": limit})
            return await rows.fetchall()

    async def untagged(self) -> list[Stored]:
        """Standing holds whose tags are missing in an epoch."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Stored)) as rows:
            await rows.execute(SELECT_UNTAGGED)
            return await rows.fetchall()


def _columns(tags: Tags) -> dict[str, list[object]]:
    return {
        "epochs": [epoch for epoch, _ in tags],
        "fields": [field for _, field in tags],
        "tags": list(tags.values()),
    }
