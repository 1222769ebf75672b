"""The SQL of publication, as audit_integrator."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from services.audit.store import SELECT_NEWEST_HEAD, Head, Store
from services.common.database import Database

SELECT_PUBLISHED = """
SELECT size, root, note, cosigned_by, extract(epoch FROM clock_timestamp() - at)::float8 AS age_s
FROM audit.published ORDER BY size DESC LIMIT 1
"""
SELECT_WITNESSED_SIZE = "SELECT coalesce(max(size), 0) FROM audit.published WHERE cosigned_by @> ARRAY[%(name)s::text]"
# Heads come in order, whoever publishes: so whoever shows them finds all that S3 lacks behind the one that it has.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('audit published', 0))"
INSERT_PUBLISHED = """
INSERT INTO audit.published (size, root, note, cosigned_by)
SELECT %(size)s, %(root)s, %(note)s, %(cosigned_by)s
WHERE NOT EXISTS (SELECT FROM audit.published p WHERE p.size > %(size)s)
ON CONFLICT (size) DO UPDATE SET note = EXCLUDED.note, cosigned_by = EXCLUDED.cosigned_by, at = clock_timestamp()
WHERE starts_with(EXCLUDED.note, published.note) -- else another replica was faster, with other lines
"""
SELECT_SHELVED = "SELECT size FROM audit.shelf WHERE log = 1"
UPDATE_SHELVED = "UPDATE audit.shelf SET size = %(size)s WHERE log = 1 AND size < %(size)s"


@dataclass(frozen=True, slots=True)
class Published:
    """A head as it was shown to the world."""

    size: int
    root: bytes
    note: str
    cosigned_by: Sequence[str]
    age_s: float


class PublicationStore:
    """`database`: as audit_integrator; log: the log, read in the same role. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database, self.log = database, Store(database)

    async def signed(self) -> Head | None:
        """The newest signed head."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Head)) as rows:
            await rows.execute(SELECT_NEWEST_HEAD)
            return await rows.fetchone()

    async def published(self) -> Published | None:
        """The newest published head."""
        async with (
            self._database.transaction() as connection,
            connection.cursor(row_factory=class_row(Published)) as rows,
        ):
            await rows.execute(SELECT_PUBLISHED)
            return await rows.fetchone()

    async def witnessed_size(self, name: str) -> int:
        """Size of the newest published head with a line of this witness."""
        async with self._database.transaction() as connection:
            rows = await connection.execute(SELECT_WITNESSED_SIZE, {"name": name})
            return int((await rows.fetchall())[0][0])

    async def publish(self, head: Head, note: str, cosigned_by: Sequence[str]) -> None:
        """Keeps a head with its lines, unless a larger one was published meanwhile."""
        row = {"size": head.size, "root": head.root, "note": note, "cosigned_by": list(cosigned_by)}
        async with self._database.transaction() as connection:
            await connection.execute(ONE_AT_A_TIME)
            await connection.execute(INSERT_PUBLISHED, row)

    async def shelved(self) -> int:
        """Entries whose full tiles lie in S3."""
        async with self._database.transaction() as connection:
            return int((await (await connection.execute(SELECT_SHELVED)).fetchall())[0][0])

    async def set_shelved(self, size: int) -> None:
        """So many now."""
        async with self._database.transaction() as connection:
            await connection.execute(UPDATE_SHELVED, {"size": size})
