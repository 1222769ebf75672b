"""What is read of the log for the rules, as audit_reviewer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row

from services.audit.store import Hit
from services.common.database import Database

MAX_EARLIER = 2000

SELECT_LEAVES = "SELECT seq, leaf FROM audit.entry WHERE seq = ANY (%(indexes)s) ORDER BY seq"
SELECT_RANGE = "SELECT seq, leaf FROM audit.entry WHERE seq >= %(first)s AND seq < %(end)s ORDER BY seq"
SELECT_SEALED = """
SELECT p.seq, p.sealed, s.wrapped
FROM unnest(%(epochs)s::text[], %(seqs)s::bigint[]) AS wanted (epoch, seq)
JOIN audit.payload p USING (epoch, seq) JOIN audit.secret s USING (epoch, seq)
"""
SELECT_SECRETS = """
SELECT s.seq, s.wrapped
FROM unnest(%(epochs)s::text[], %(seqs)s::bigint[]) AS wanted (epoch, seq) JOIN audit.secret s USING (epoch, seq)
"""
SELECT_INDEXES = "SELECT id, seq FROM audit.entry_id WHERE id = ANY (%(ids)s)"
# By number of the wanted key; each key once an epoch. The floor is an index of the log, as its times only rise.
SELECT_EARLIER = sql.SQL("""
SELECT w.number, t.seq
FROM unnest(%(numbers)s::int[], %(epochs)s::text[], %(first_tags)s::bytea[], %(second_tags)s::bytea[])
    AS w (number, epoch, first_tag, second_tag)
CROSS JOIN LATERAL ({found}) AS t
ORDER BY w.number, t.seq
""")
OF_ACTOR = sql.SQL("""
    SELECT t.seq FROM audit.tag t
    WHERE t.epoch = w.epoch AND t.actor = w.first_tag AND t.seq >= %(floor)s AND t.seq < %(end)s
        AND t.kind IN ('intent', 'denied')
    ORDER BY t.seq LIMIT %(limit)s
""")
OF_ACTOR_AND_PLATE = sql.SQL("""
    SELECT t.seq FROM audit.tag t
    WHERE t.epoch = w.epoch AND t.actor = w.first_tag AND t.plate = w.second_tag AND t.seq >= %(floor)s AND t.seq < %(end)s
        AND t.kind IN ('intent', 'denied')
    ORDER BY t.seq LIMIT %(limit)s
""")
OF_CASE = sql.SQL("""
    SELECT min(t.seq) AS seq FROM audit.tag t
    WHERE t.epoch = w.epoch AND t.case_reference = w.first_tag AND t.seq >= %(floor)s AND t.seq < %(end)s
        AND t.kind IN ('intent', 'denied')
    GROUP BY t.actor, t.at_ms / 86400000 ORDER BY 1 LIMIT %(limit)s
""")
OF_GUESSES = sql.SQL("""
    SELECT t.seq FROM audit.tag t
    WHERE t.epoch = w.epoch AND t.actor = w.first_tag AND t.seq >= %(floor)s AND t.seq < %(end)s
        AND t.kind = 'outcome' AND t.status = 'OK' AND t.result_count = 0
    ORDER BY t.seq LIMIT %(limit)s
""")
SELECT_DAY = """
SELECT t.epoch, t.actor, count(*) AS count, min(t.seq) AS first, (array_agg(t.seq ORDER BY t.seq))[1:50] AS indexes
FROM audit.tag t
WHERE t.at_ms >= %(from_ms)s AND t.at_ms < %(until_ms)s AND t.seq >= %(floor)s AND t.seq < %(end)s AND t.kind = 'intent'
    AND t.actor IS NOT NULL AND starts_with(t.rpc, %(searches)s)
GROUP BY t.epoch, t.actor HAVING count(*) >= %(least)s
"""
SELECT_PEERS = """
SELECT count(*)
FROM unnest(%(epochs)s::text[], %(units)s::bytea[], %(actors)s::bytea[]) AS w (epoch, unit, actor)
JOIN audit.tag t ON t.epoch = w.epoch AND t.unit = w.unit AND t.actor <> w.actor
WHERE t.at_ms >= %(from_ms)s AND t.at_ms < %(until_ms)s AND t.seq >= %(floor)s AND t.seq < %(end)s AND t.kind = 'intent'
    AND starts_with(t.rpc, %(searches)s)
GROUP BY t.epoch, t.actor, t.at_ms / 86400000
"""


@dataclass(frozen=True, slots=True)
class Key:
    """What earlier look-ups have in common, as tags of one epoch. number: by which the caller knows it again."""

    number: int
    epoch: str
    first_tag: bytes
    second_tag: bytes = b""


@dataclass(frozen=True, slots=True)
class Count:
    """Look-ups of one officer on one day."""

    epoch: str
    actor: bytes
    count: int
    first: int
    indexes: list[int]


class HistoryStore:
    """The log by index and by tag. Every method raises StoreUnavailable when the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def range(self, first: int, end: int) -> list[tuple[int, bytes]]:
        """Leaves of a range with their indexes."""
        async with self._database.transaction() as connection:
            return await (await connection.execute(SELECT_RANGE, {"first": first, "end": end})).fetchall()

    async def leaves(self, indexes: Sequence[int]) -> list[tuple[int, bytes]]:
        """Leaves at these indexes with them."""
        async with self._database.transaction() as connection:
            return await (await connection.execute(SELECT_LEAVES, {"indexes": list(indexes)})).fetchall()

    async def hits(self, leaves: Mapping[int, bytes], epochs: Mapping[int, str]) -> list[Hit]:
        """What is stored of entries; without payload where it was erased."""
        parameters = {"epochs": list(epochs.values()), "seqs": list(epochs)}
        async with self._database.transaction() as connection:
            rows = await (await connection.execute(SELECT_SEALED, parameters)).fetchall()
        found = {seq: (sealed, wrapped) for seq, sealed, wrapped in rows}
        return [Hit(index, leaf, *found.get(index, (None, None))) for index, leaf in leaves.items()]

    async def secrets(self, epochs: Mapping[int, str]) -> dict[int, bytes]:
        """Wrapped secrets by index; an erased entry has none."""
        parameters = {"epochs": list(epochs.values()), "seqs": list(epochs)}
        async with self._database.transaction() as connection:
            return dict(await (await connection.execute(SELECT_SECRETS, parameters)).fetchall())

    async def indexes(self, ids: Sequence[UUID]) -> dict[UUID, int]:
        """Where entries with these ids are."""
        async with self._database.transaction() as connection:
            return dict(await (await connection.execute(SELECT_INDEXES, {"ids": list(ids)})).fetchall())

    async def earlier(self, found: sql.SQL, keys: Sequence[Key], *, floor: int, end: int) -> dict[int, list[int]]:
        """Indexes from `floor` on and below `end`, rising, by number of their key; at most 2,000 a key and epoch, the oldest."""
        parameters = {
            "numbers": [key.number for key in keys],
            "epochs": [key.epoch for key in keys],
            "first_tags": [key.first_tag for key in keys],
            "second_tags": [key.second_tag for key in keys],
            "floor": floor,
            "end": end,
            "limit": MAX_EARLIER,
        }
        by_key: dict[int, list[int]] = {}
        async with self._database.transaction() as connection:
            rows = await (await connection.execute(SELECT_EARLIER.format(found=found), parameters)).fetchall()
        for number, seq in rows:
            by_key.setdefault(number, []).append(seq)
        return by_key

    async def busy(self, within: "Within", least: int) -> list[Count]:
        """Officers with so many look-ups of vehicles or more."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Count)) as rows:
            await rows.execute(SELECT_DAY, {**within.parameters(), "least": least})
            return await rows.fetchall()

    async def peers(
        self, within: "Within", epochs: Sequence[str], units: Sequence[bytes], actors: Sequence[bytes]
    ) -> list[int]:
        """Look-ups of the other officers of a unit on each of their days."""
        parameters = {**within.parameters(), "epochs": list(epochs), "units": list(units), "actors": list(actors)}
        async with self._database.transaction() as connection:
            return [count for (count,) in await (await connection.execute(SELECT_PEERS, parameters)).fetchall()]


@dataclass(frozen=True, slots=True)
class Within:
    """A span of log time, with the indexes between which its entries lie, and the RPCs that are searches."""

    from_ms: int
    until_ms: int
    floor: int
    end: int
    searches: str

    def parameters(self) -> dict[str, object]:
        return {
            "from_ms": self.from_ms,
            "until_ms": self.until_ms,
            "floor": self.floor,
            "end": self.end,
            "searches": self.searches,
        }
