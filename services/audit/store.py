"""What is read of the log, as audit_reviewer: leaves, tiles, signed heads, and what entries say while it is not erased."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from services.audit import tile
from services.audit.errors import EntryErased, EntryNotFound, SizeNotSigned
from services.audit.merkle import Range
from services.audit.tile import Place
from services.common.database import Database

SELECT_LEAF = "SELECT leaf FROM audit.entry WHERE seq = %(index)s"
SELECT_LEAVES = "SELECT leaf FROM audit.entry WHERE seq >= %(first)s AND seq < %(end)s ORDER BY seq"
SELECT_SEALED = """
SELECT p.sealed AS payload, s.wrapped FROM audit.payload p JOIN audit.secret s USING (seq, epoch)
WHERE p.seq = %(index)s AND p.epoch = %(epoch)s
"""
SELECT_STORED = """
SELECT e.seq AS index, e.leaf, p.sealed AS payload, s.wrapped
FROM audit.entry e
LEFT JOIN audit.payload p ON p.seq = e.seq
LEFT JOIN audit.secret s ON s.seq = e.seq
WHERE e.seq BETWEEN %(first)s AND %(last)s ORDER BY e.seq
"""
SELECT_TILES = """
SELECT t.level, t.number, t.hashes
FROM unnest(%(levels)s::smallint[], %(numbers)s::bigint[]) AS wanted (level, number) JOIN audit.tile t USING (level, number)
"""
SELECT_NEWEST_HEAD = "SELECT size, root, note FROM audit.sth WHERE log = 1"
SELECT_NEWEST_SIGNED = "SELECT size, note FROM audit.sth WHERE log = 1"
SELECT_HEAD = "SELECT size, root, note FROM audit.sth_history WHERE size = %(size)s"
SELECT_PUBLISHED = """
SELECT note FROM audit.published WHERE %(size)s::bigint IS NULL OR size = %(size)s ORDER BY size DESC LIMIT 1
"""
SELECT_PUBLISHED_AFTER = "SELECT note FROM audit.published WHERE size > %(after)s ORDER BY size LIMIT %(limit)s"
SELECT_NEWEST_WITNESSED = """
SELECT size, note FROM audit.published WHERE cardinality(cosigned_by) > 0 ORDER BY size DESC LIMIT 1
"""
SELECT_EPOCHS = "SELECT name FROM audit.epoch ORDER BY name"
SELECT_STANDING = """
SELECT h.next_seq AS next_index, coalesce(s.size, 0) AS signed_size, e.leaf AS oldest_unsigned,
    coalesce(p.size, 0) AS published_size, u.leaf AS oldest_unpublished,
    coalesce(w.size, 0) AS witnessed_size, v.leaf AS oldest_unwitnessed,
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms
FROM audit.head h LEFT JOIN audit.sth s USING (log)
LEFT JOIN audit.entry e ON e.seq = coalesce(s.size, 0)
LEFT JOIN LATERAL (SELECT q.size FROM audit.published q ORDER BY q.size DESC LIMIT 1) p ON true
LEFT JOIN audit.entry u ON u.seq = coalesce(p.size, 0)
LEFT JOIN LATERAL (
    SELECT c.size FROM audit.published c WHERE cardinality(c.cosigned_by) > 0 ORDER BY c.size DESC LIMIT 1
) w ON true
LEFT JOIN audit.entry v ON v.seq = coalesce(w.size, 0)
WHERE h.log = 1
"""
SEARCH = sql.SQL("""
SELECT f.seq AS index, e.leaf, p.sealed AS payload, s.wrapped
FROM (
    SELECT t.seq, t.epoch
    FROM unnest(
        %(epochs)s::text[], %(actor)s::bytea[], %(plate)s::bytea[], %(case_reference)s::bytea[], %(unit)s::bytea[],
        %(decision)s::bytea[]
    ) AS w (epoch, actor, plate, case_reference, unit, decision)
    CROSS JOIN LATERAL ({sources}) AS t
    ORDER BY t.seq DESC LIMIT %(limit)s
) AS f
JOIN audit.entry e ON e.seq = f.seq
LEFT JOIN audit.payload p ON p.seq = f.seq AND p.epoch = f.epoch
LEFT JOIN audit.secret s ON s.seq = f.seq AND s.epoch = f.epoch
ORDER BY f.seq DESC
""")
# The plate of an entry, or the first of several, stands beside its other tags; further ones in a table of their own.
FROM_TAGS = sql.SQL("""(
        SELECT t.seq, t.epoch FROM audit.tag t
        WHERE t.epoch = w.epoch AND t.seq < %(before)s{plate}{conditions}
        ORDER BY t.seq DESC LIMIT %(limit)s
    )""")
FROM_FURTHER_PLATES = sql.SQL("""(
        SELECT t.seq, t.epoch FROM audit.further_plate f JOIN audit.tag t ON t.seq = f.seq AND t.epoch = f.epoch
        WHERE f.epoch = w.epoch AND f.plate = w.plate AND f.seq < %(before)s{conditions}
        ORDER BY f.seq DESC LIMIT %(limit)s
    )""")
IS_PLATE = sql.SQL(" AND t.plate = w.plate")
CONDITIONS = {
    "actor": sql.SQL(" AND t.actor = w.actor"),
    "case_reference": sql.SQL(" AND t.case_reference = w.case_reference"),
    "unit": sql.SQL(" AND t.unit = w.unit"),
    "decision": sql.SQL(" AND t.decision = w.decision"),
    "kind": sql.SQL(" AND t.kind = %(kind)s"),
    "system": sql.SQL(" AND t.system = %(system)s"),
    "purpose": sql.SQL(" AND t.purpose = %(purpose)s"),
    "status": sql.SQL(" AND t.status = %(status)s"),
    "rpc": sql.SQL(" AND t.rpc = %(rpc)s"),
    "least_results": sql.SQL(" AND t.result_count >= %(least_results)s"),
    "most_results": sql.SQL(" AND t.result_count <= %(most_results)s"),
    "from_ms": sql.SQL(" AND t.at_ms >= %(from_ms)s"),
    "until_ms": sql.SQL(" AND t.at_ms < %(until_ms)s"),
}
TAGGED = ("actor", "plate", "case_reference", "unit", "decision")
END_OF_LOG = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head as it is stored; `note` is the checkpoint."""

    size: int
    root: bytes
    note: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an entry says, encrypted, and its secret, wrapped."""

    payload: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that a search found; payload and wrapped are None when it has been erased since."""

    index: int
    leaf: bytes
    payload: bytes | None
    wrapped: bytes | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the log is: entries in it, under a signed head, under a published one, under one that a witness cosigned, and the
    first leaf beyond each of those. now_ms: the database's time.
    """

    next_index: int
    signed_size: int
    oldest_unsigned: bytes | None
    published_size: int
    oldest_unpublished: bytes | None
    witnessed_size: int
    oldest_unwitnessed: bytes | None
    now_ms: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What a search asks for. tags: by field of TAGGED, in each epoch the tag of the value; plain: other conditions, by name."""

    epochs: tuple[str, ...]
    tags: Mapping[str, tuple[bytes, ...]]
    plain: Mapping[str, str | int]


class Store:
    """The log, read. `database`: as audit_reviewer. Every method raises StoreUnavailable when the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def leaf(self, index: int) -> bytes:
        """The leaf at this index. Raises EntryNotFound."""
        async with self._database.transaction() as connection:
            row = await (await connection.execute(SELECT_LEAF, {"index": index})).fetchone()
        if row is None:
            raise EntryNotFound("no entry has this index", index=index)
        return bytes(row[0])

    async def leaves(self, first: int, end: int) -> list[bytes]:
        """Leaves with first <= index < end, as far as there are."""
        async with self._database.transaction() as connection:
            rows = await (await connection.execute(SELECT_LEAVES, {"first": first, "end": end})).fetchall()
        return [leaf for (leaf,) in rows]

    async def sealed(self, index: int, epoch: str) -> Sealed:
        """What the entry says, encrypted. Raises EntryErased."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Sealed)) as rows:
            await rows.execute(SELECT_SEALED, {"index": index, "epoch": epoch})
            found = await rows.fetchone()
        if found is None:
            raise EntryErased("what this entry said was erased", index=index)
        return found

    async def stored(self, first: int, last: int) -> list[Hit]:
        """Entries with first <= index <= last, in order, with what is stored of them."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Hit)) as rows:
            await rows.execute(SELECT_STORED, {"first": first, "last": last})
            return await rows.fetchall()

    async def tiles(self, places: Collection[Place]) -> dict[Place, bytes]:
        """Hashes of these tiles; one that is not there is left out."""
        async with self._database.transaction() as connection:
            return await read_tiles(connection, places)

    async def subtree_hashes(self, ranges: Sequence[Range]) -> list[bytes]:
        """Hashes of these leaf ranges: a proof, when they are those of one. Raises TileInvalid for lack of tiles."""
        return tile.hashes(ranges, await self.tiles(tile.places(ranges)))

    async def head(self, size: int) -> Head:
        """The signed head of this size. Raises SizeNotSigned."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Head)) as rows:
            await rows.execute(SELECT_HEAD, {"size": size})
            found = await rows.fetchone()
        if found is None:
            raise SizeNotSigned("the log has no signed head of this size", size=size)
        return found

    async def newest_head(self) -> Head:
        """The newest signed head. Raises SizeNotSigned while nothing was ever signed."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Head)) as rows:
            await rows.execute(SELECT_NEWEST_HEAD)
            found = await rows.fetchone()
        if found is None:
            raise SizeNotSigned("the log has no signed head yet")
        return found

    async def published_head(self, size: int | None) -> str:
        """The published head of this size, the newest for None, with the lines of witnesses. Raises SizeNotSigned."""
        async with self._database.transaction() as connection:
            rows = await connection.execute(SELECT_PUBLISHED, {"size": size})
            row = await rows.fetchone()
        if row is None:
            raise SizeNotSigned("no head of this size was published")
        return str(row[0])

    async def published_heads(self, after: int, limit: int) -> list[str]:
        """Published heads of larger sizes, the smallest first."""
        async with self._database.transaction() as connection:
            rows = await connection.execute(SELECT_PUBLISHED_AFTER, {"after": after, "limit": limit})
            return [text for (text,) in await rows.fetchall()]

    async def newest_public(self, *, witnessed: bool) -> tuple[int, str]:
        """Size and note of the newest signed head, or of the newest that a witness has cosigned; (0, "") while there is none."""
        statement = SELECT_NEWEST_WITNESSED if witnessed else SELECT_NEWEST_SIGNED
        async with self._database.transaction() as connection:
            row = await (await connection.execute(statement)).fetchone()
        return (row[0], row[1]) if row else (0, "")

    async def standing(self) -> Standing:
        """How far the log is."""
        async with (
            self._database.transaction() as connection,
            connection.cursor(row_factory=class_row(Standing)) as rows,
        ):
            await rows.execute(SELECT_STANDING)
            return (await rows.fetchall())[0]

    async def epochs(self) -> tuple[str, ...]:
        """Names of all epochs, oldest first."""
        async with self._database.transaction() as connection:
            rows = await (await connection.execute(SELECT_EPOCHS)).fetchall()
        return tuple(name for (name,) in rows)

    async def search(self, wanted: Filter, *, before: int, limit: int) -> list[Hit]:
        """The newest entries that fit, of indexes below `before`, newest first, at most `limit`."""
        none = (b"",) * len(wanted.epochs)
        parameters = {
            "epochs": list(wanted.epochs),
            **{field: list(wanted.tags.get(field, none)) for field in TAGGED},
            **wanted.plain,
            "before": before,
            "limit": limit,
        }
        given = [name for name in (*wanted.tags, *wanted.plain) if name != "plate"]
        statement = _search(sql.SQL("").join(CONDITIONS[name] for name in given), by_plate="plate" in wanted.tags)
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Hit)) as rows:
            await rows.execute(statement, parameters)
            return await rows.fetchall()


def _search(conditions: sql.Composed, *, by_plate: bool) -> sql.Composed:
    tagged = FROM_TAGS.format(plate=IS_PLATE if by_plate else sql.SQL(""), conditions=conditions)
    further = FROM_FURTHER_PLATES.format(conditions=conditions)
    return SEARCH.format(sources=sql.SQL(" UNION ALL ").join([tagged, further]) if by_plate else tagged)


async def read_tiles(connection: AsyncConnection, places: Collection[Place]) -> dict[Place, bytes]:
    """Hashes of these tiles, within a transaction."""
    parameters = {"levels": [level for level, _ in places], "numbers": [number for _, number in places]}
    rows = await (await connection.execute(SELECT_TILES, parameters)).fetchall()
    return {(level, number): hashes for level, number, hashes in rows}
