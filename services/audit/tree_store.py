"""The SQL that grows the tree, as audit_integrator. One turn is one transaction; tiles and signed head change together or not."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.audit.errors import LogBroken
from services.audit.store import SELECT_LEAVES, SELECT_NEWEST_HEAD, Head, read_tiles
from services.audit.tile import Place, Tile
from services.common.database import Database

TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('audit integrator', 0))"
SELECT_NEXT_INDEX = "SELECT next_seq FROM audit.head WHERE log = 1"
SELECT_LARGEST_SIGNED = "SELECT coalesce(max(size), -1) FROM audit.sth_history"
SELECT_ROWS = "SELECT seq, leaf FROM audit.entry WHERE seq >= %(first)s ORDER BY seq LIMIT %(limit)s"
UPSERT_TILE = """
INSERT INTO audit.tile (level, number, hashes) VALUES (%(level)s, %(number)s, %(hashes)s)
ON CONFLICT (level, number) DO UPDATE SET hashes = EXCLUDED.hashes
"""
INSERT_HEAD = "INSERT INTO audit.sth (log, size, root, note) VALUES (1, %(size)s, %(root)s, %(note)s)"
SWAP_HEAD = """
UPDATE audit.sth SET size = %(size)s, root = %(root)s, note = %(note)s, at = clock_timestamp()
WHERE log = 1 AND size = %(old_size)s AND root = %(old_root)s
"""
INSERT_HISTORY = "INSERT INTO audit.sth_history (size, root, note) VALUES (%(size)s, %(root)s, %(note)s)"


class Turn:
    """One look at the log, and at most one signed head. `others_turn`: another integrator is at work, so leave it to him."""

    def __init__(self, connection: AsyncConnection, *, others_turn: bool) -> None:
        self._connection, self.others_turn = connection, others_turn

    async def head(self) -> Head | None:
        """The newest signed head; None while nothing was ever signed."""
        async with self._connection.cursor(row_factory=class_row(Head)) as rows:
            await rows.execute(SELECT_NEWEST_HEAD)
            return await rows.fetchone()

    async def largest_signed(self) -> int:
        """Size of the largest head in the history; -1 when there is none."""
        return await self._number(SELECT_LARGEST_SIGNED)

    async def next_index(self) -> int:
        """Entries in the log."""
        return await self._number(SELECT_NEXT_INDEX)

    async def leaves(self, first: int, end: int) -> list[bytes]:
        """Leaves with first <= index < end, as far as there are."""
        rows = await self._connection.execute(SELECT_LEAVES, {"first": first, "end": end})
        return [leaf for (leaf,) in await rows.fetchall()]

    async def rows(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        """Index and leaf of the entries from `first` on, in order, at most `limit`."""
        rows = await self._connection.execute(SELECT_ROWS, {"first": first, "limit": limit})
        return [(index, leaf) for index, leaf in await rows.fetchall()]

    async def tiles(self, places: Collection[Place]) -> dict[Place, bytes]:
        """Hashes of these tiles; one that is not there is left out."""
        return await read_tiles(self._connection, places)

    async def publish(self, old: Head | None, new: Head, tiles: Sequence[Tile]) -> None:
        """Writes tiles and head. Raises LogBroken when the head is no longer `old`: somebody else signs this log."""
        for tile in tiles:
            parameters = {"level": tile.level, "number": tile.number, "hashes": tile.hashes}
            await self._connection.execute(UPSERT_TILE, parameters)
        head = {"size": new.size, "root": new.root, "note": new.note}
        if old is None:
            await self._connection.execute(INSERT_HEAD, head)
        else:
            swapped = await self._connection.execute(SWAP_HEAD, {**head, "old_size": old.size, "old_root": old.root})
            if swapped.rowcount != 1:
                raise LogBroken("another has moved the signed head")
        await self._connection.execute(INSERT_HISTORY, head)

    async def _number(self, statement: LiteralString) -> int:
        return int((await (await self._connection.execute(statement)).fetchall())[0][0])


class TreeStore:
    """The tree, written. `database`: as audit_integrator."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """A transaction. The advisory lock in it is a courtesy; what keeps two integrators apart is the swap of the head."""
        async with self._database.transaction() as connection:
            locked = await (await connection.execute(TRY_LOCK)).fetchone()
            yield Turn(connection, others_turn=locked != (True,))
