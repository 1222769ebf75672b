"""Everything that is stored of the log, read in one snapshot as audit_reviewer: what `fsck` compares."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.audit.store import Head, read_tiles
from services.audit.tile import Place
from services.common.database import Database

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
SELECT_LIMITS = """
SELECT h.next_seq AS next_index, h.last_ms, (SELECT s.size FROM audit.sth s WHERE s.log = 1) AS signed_size,
    (SELECT count(*) FROM audit.entry) AS entries, (SELECT count(*) FROM audit.entry_id) AS ids,
    (SELECT count(*) FROM audit.tile) AS tiles
FROM audit.head h WHERE h.log = 1
"""
SELECT_ROWS = "SELECT seq, leaf FROM audit.entry WHERE seq >= %(first)s AND seq < %(end)s ORDER BY seq"
SELECT_IDS = "SELECT id, seq FROM audit.entry_id WHERE id = ANY (%(ids)s)"
SELECT_SIGNED = (
    "SELECT size, root, note FROM audit.sth_history WHERE size >= %(first)s AND size < %(end)s ORDER BY size"
)
SELECT_SHOWN = "SELECT size, root, note FROM audit.published WHERE size >= %(first)s AND size < %(end)s ORDER BY size"
SELECT_CURRENT = "SELECT size, root, note FROM audit.sth WHERE log = 1"
# By number alone, so that what lies under a wrong epoch is found as well.
SELECT_CONTENTS = """
SELECT coalesce(p.seq, s.seq) AS index, coalesce(p.epoch, s.epoch) AS epoch, p.sealed AS payload, s.wrapped
FROM (SELECT seq, epoch, sealed FROM audit.payload WHERE seq >= %(first)s AND seq < %(end)s) AS p
FULL JOIN (SELECT seq, epoch, wrapped FROM audit.secret WHERE seq >= %(first)s AND seq < %(end)s) AS s
    ON s.seq = p.seq AND s.epoch = p.epoch
"""
SELECT_TAGS = """
SELECT t.seq AS index, t.epoch, t.at_ms, t.kind, t.system, coalesce(t.actor, '') AS actor, coalesce(t.plate, '') AS plate,
    coalesce(t.case_reference, '') AS case_reference, coalesce(t.unit, '') AS unit, coalesce(t.decision, '') AS decision,
    t.purpose, t.status, t.rpc, t.result_count,
    ARRAY(SELECT f.plate FROM audit.further_plate f WHERE f.seq = t.seq AND f.epoch = t.epoch ORDER BY f.plate) AS further_plates
FROM audit.tag t WHERE t.seq >= %(first)s AND t.seq < %(end)s
"""
SELECT_LONE_PLATES = """
SELECT DISTINCT f.seq FROM audit.further_plate f
WHERE NOT EXISTS (SELECT FROM audit.tag t WHERE t.seq = f.seq AND t.epoch = f.epoch) ORDER BY f.seq LIMIT 100
"""
SELECT_EPOCHS = "SELECT name, key_check, tag_check FROM audit.epoch ORDER BY name"
BEYOND: dict[str, LiteralString] = {
    "audit.payload": "SELECT count(*) FROM audit.payload WHERE seq < 0 OR seq >= %(end)s",
    "audit.secret": "SELECT count(*) FROM audit.secret WHERE seq < 0 OR seq >= %(end)s",
    "audit.tag": "SELECT count(*) FROM audit.tag WHERE seq < 0 OR seq >= %(end)s",
    "audit.further_plate": "SELECT count(*) FROM audit.further_plate WHERE seq < 0 OR seq >= %(end)s",
    "audit.sth_history": "SELECT count(*) FROM audit.sth_history WHERE size > %(end)s",
    "audit.published": "SELECT count(*) FROM audit.published WHERE size > %(end)s",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The head row, the size under the current signed head, None if there is none, and how many rows there are."""

    next_index: int
    last_ms: int
    signed_size: int | None
    entries: int
    ids: int
    tiles: int


@dataclass(frozen=True, slots=True)
class StoredContent:
    """Payload and wrapped secret of an entry under an epoch; None where there is none."""

    index: int
    epoch: str
    payload: bytes | None
    wrapped: bytes | None


@dataclass(frozen=True, slots=True)
class StoredTags:
    """A row of the search index; empty where it has no such tag."""

    index: int
    epoch: str
    at_ms: int
    kind: str
    system: str
    actor: bytes
    plate: bytes
    case_reference: bytes
    unit: bytes
    decision: bytes
    purpose: str
    status: str
    rpc: str
    result_count: int
    further_plates: list[bytes]


@dataclass(frozen=True, slots=True)
class StoredEpoch:
    """An epoch and the checks of the keys that it was opened with."""

    name: str
    key_check: bytes
    tag_check: bytes


class Snapshot:
    """The log at one moment, however it grows meanwhile."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def limits(self) -> Limits:
        """How far everything goes."""
        async with self._connection.cursor(row_factory=class_row(Limits)) as rows:
            return (await (await rows.execute(SELECT_LIMITS)).fetchall())[0]

    async def rows(self, first: int, end: int) -> list[tuple[int, bytes]]:
        """Index and leaf of the entries with first <= index < end, in order."""
        rows = await self._connection.execute(SELECT_ROWS, {"first": first, "end": end})
        return [(index, leaf) for index, leaf in await rows.fetchall()]

    async def ids(self, ids: Collection[UUID]) -> dict[UUID, int]:
        """The numbers that these ids are known by."""
        rows = await self._connection.execute(SELECT_IDS, {"ids": list(ids)})
        return dict(await rows.fetchall())

    async def tiles(self, places: Collection[Place]) -> dict[Place, bytes]:
        """Hashes of these tiles; one that is not there is left out."""
        return await read_tiles(self._connection, places)

    async def signed(self, first: int, end: int) -> list[Head]:
        """Signed heads with first <= size < end."""
        return await self._heads(SELECT_SIGNED, first, end)

    async def shown(self, first: int, end: int) -> list[Head]:
        """Published heads with first <= size < end."""
        return await self._heads(SELECT_SHOWN, first, end)

    async def current(self) -> Head | None:
        """The current signed head."""
        return next(iter(await self._heads(SELECT_CURRENT, 0, 0)), None)

    async def contents(self, first: int, end: int) -> Sequence[StoredContent]:
        """What entries say, for first <= index < end, in no order."""
        async with self._connection.cursor(row_factory=class_row(StoredContent)) as rows:
            return await (await rows.execute(SELECT_CONTENTS, {"first": first, "end": end})).fetchall()

    async def tags(self, first: int, end: int) -> Sequence[StoredTags]:
        """What entries are found by, for first <= index < end, in no order."""
        async with self._connection.cursor(row_factory=class_row(StoredTags)) as rows:
            return await (await rows.execute(SELECT_TAGS, {"first": first, "end": end})).fetchall()

    async def lone_plates(self) -> list[int]:
        """Entries that are found by further plates and have no other tags; a hundred at most."""
        return [index for (index,) in await (await self._connection.execute(SELECT_LONE_PLATES)).fetchall()]

    async def epochs(self) -> Sequence[StoredEpoch]:
        """All epochs."""
        async with self._connection.cursor(row_factory=class_row(StoredEpoch)) as rows:
            return await (await rows.execute(SELECT_EPOCHS)).fetchall()

    async def beyond(self, end: int) -> dict[str, int]:
        """By table, how many rows belong to no number below `end`."""
        found = {}
        for table, statement in BEYOND.items():
            found[table] = (await (await self._connection.execute(statement, {"end": end})).fetchall())[0][0]
        return found

    async def _heads(self, statement: LiteralString, first: int, end: int) -> list[Head]:
        async with self._connection.cursor(row_factory=class_row(Head)) as rows:
            return await (await rows.execute(statement, {"first": first, "end": end})).fetchall()


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """A snapshot that lasts as long as the block. `database`: as audit_reviewer. Raises StoreUnavailable."""
    async with database.transaction() as connection:
        await connection.execute(SNAPSHOT)
        yield Snapshot(connection)
