"""The SQL of flags and verdicts, and of the rules' position and counts, as audit_reviewer."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.audit.oversight.errors import FlagNotFound
from services.audit.oversight.flag import State, Verdict
from services.common.database import Database

SELECT_POSITION = "SELECT next_seq FROM audit.oversight_position WHERE one = 1"
LOCK_POSITION = f"{SELECT_POSITION} FOR UPDATE"
UPDATE_POSITION = "UPDATE audit.oversight_position SET next_seq = %(next)s WHERE one = 1"
INSERT_FLAG = """
INSERT INTO audit.flag (flag_id, rule, rule_version, raised_ms) VALUES (%(id)s, %(rule)s, %(version)s, %(raised_ms)s)
ON CONFLICT DO NOTHING
"""
INSERT_ENTRIES = "INSERT INTO audit.flag_entry (flag_id, seq) SELECT %(id)s, unnest(%(entries)s::bigint[])"
INSERT_CONTENT = """
INSERT INTO audit.flag_content (flag_id, epoch, unit, sealed) VALUES (%(id)s, %(epoch)s, %(unit)s, %(sealed)s)
"""
INSERT_OFFICERS = """
INSERT INTO audit.flag_officer (officer, flag_id, epoch) SELECT unnest(%(officers)s::bytea[]), %(id)s, %(epoch)s
"""
INSERT_TALLY = """
INSERT INTO audit.tally (month, dimension, word, epoch, zone, unit, count)
SELECT * FROM unnest(%(month)s::text[], %(dimension)s::text[], %(word)s::text[], %(epoch)s::text[], %(zone)s::bytea[],
    %(unit)s::bytea[], %(count)s::bigint[])
ON CONFLICT (month, dimension, word, epoch, zone, unit) DO UPDATE SET count = tally.count + EXCLUDED.count
"""
INSERT_NAME = """
INSERT INTO audit.name (epoch, tag, id, wrapped, sealed) VALUES (%(epoch)s, %(tag)s, %(id)s, %(wrapped)s, %(sealed)s)
ON CONFLICT DO NOTHING
"""
SELECT_FLAGS = """
SELECT f.flag_id AS id, f.number, f.rule, f.rule_version AS version, f.raised_ms, f.state,
    (SELECT array_agg(e.seq ORDER BY e.seq) FROM audit.flag_entry e WHERE e.flag_id = f.flag_id) AS entries, c.sealed
FROM audit.flag f LEFT JOIN audit.flag_content c USING (flag_id)
WHERE f.number < %(before)s AND f.raised_ms < %(raised_before_ms)s
    AND (%(id)s::uuid IS NULL OR f.flag_id = %(id)s)
    AND (%(state)s::text IS NULL OR f.state = %(state)s)
    AND (%(rule)s::text IS NULL OR f.rule = %(rule)s)
    AND (%(units)s::bytea[] IS NULL OR c.unit = ANY (%(units)s))
    AND (%(officers)s::bytea[] IS NULL OR EXISTS (
        SELECT FROM audit.flag_officer o WHERE o.flag_id = f.flag_id AND o.officer = ANY (%(officers)s)))
ORDER BY f.number DESC LIMIT %(limit)s
"""
LOCK_FLAG = "SELECT state FROM audit.flag WHERE flag_id = %(id)s FOR UPDATE"
UPDATE_STATE = "UPDATE audit.flag SET state = %(state)s WHERE flag_id = %(id)s"
INSERT_VERDICT = """
INSERT INTO audit.flag_verdict (flag_id, number, verdict, seq, at_ms)
SELECT %(id)s, count(*) + 1, %(state)s, %(index)s, %(at_ms)s FROM audit.flag_verdict WHERE flag_id = %(id)s
"""
SELECT_VERDICTS = "SELECT verdict, seq, at_ms FROM audit.flag_verdict WHERE flag_id = %(id)s ORDER BY number"
SELECT_PRECISION = "SELECT rule, rule_version, state, count(*) FROM audit.flag GROUP BY rule, rule_version, state"
END = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Stored:
    """A flag before it is opened; sealed is None when what it rests on was erased."""

    id: UUID
    number: int
    rule: str
    version: int
    raised_ms: int
    state: str
    entries: list[int]
    sealed: bytes | None


@dataclass(frozen=True, slots=True)
class NewFlag:
    """A flag to be stored, with its tags in one epoch."""

    id: UUID
    rule: str
    version: int
    raised_ms: int
    entries: tuple[int, ...]
    epoch: str
    unit: bytes
    officers: tuple[bytes, ...]
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which flags; None means any. units, officers: tags in every epoch."""

    id: UUID | None = None
    state: State | None = None
    rule: str | None = None
    units: Sequence[bytes] | None = None
    officers: Sequence[bytes] | None = field(default=None, repr=False)
    raised_before_ms: int = END


@dataclass(frozen=True, slots=True)
class NewName:
    """The name behind a tag, encrypted."""

    epoch: str
    tag: bytes
    id: UUID
    wrapped: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Counted:
    """A count to be added; empty where a dimension has no such part."""

    month: str
    dimension: str
    word: str
    epoch: str
    zone: bytes
    unit: bytes
    count: int


class FlagStore:
    """Flags. Every method raises StoreUnavailable; those that write may raise CommitUnknown as well."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def position(self) -> int:
        """Where the rules go on by themselves."""
        async with self._database.transaction() as connection:
            return int((await (await connection.execute(SELECT_POSITION)).fetchall())[0][0])

    @asynccontextmanager
    async def run(self) -> AsyncIterator["Run"]:
        """One transaction in which a run of the rules is stored, or nothing of it."""
        async with self._database.transaction() as connection:
            yield Run(connection)

    async def flags(self, wanted: Wanted, *, before: int = END, limit: int) -> list[Stored]:
        """Flags with numbers below `before`, newest first."""
        parameters = {
            "id": wanted.id,
            "state": wanted.state.value if wanted.state else None,
            "rule": wanted.rule,
            "units": list(wanted.units) if wanted.units is not None else None,
            "officers": list(wanted.officers) if wanted.officers is not None else None,
            "raised_before_ms": wanted.raised_before_ms,
            "before": before,
            "limit": limit,
        }
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Stored)) as rows:
            await rows.execute(SELECT_FLAGS, parameters)
            return await rows.fetchall()

    @asynccontextmanager
    async def decision(self, flag_id: UUID) -> AsyncIterator["Decision"]:
        """Holds a flag while somebody decides on it. Raises FlagNotFound."""
        async with self._database.transaction() as connection:
            row = await (await connection.execute(LOCK_FLAG, {"id": flag_id})).fetchone()
            if row is None:
                raise FlagNotFound("there is no such flag")
            yield Decision(connection, flag_id, State(row[0]))

    async def verdicts(self, flag_id: UUID) -> list[Verdict]:
        """Verdicts on a flag, oldest first."""
        async with self._database.transaction() as connection:
            rows = await (await connection.execute(SELECT_VERDICTS, {"id": flag_id})).fetchall()
        return [Verdict(State(verdict), index, at_ms) for verdict, index, at_ms in rows]

    async def precision(self) -> dict[tuple[str, int], Mapping[State, int]]:
        """How many flags of each rule and version are in each state."""
        async with self._database.transaction() as connection:
            rows = await (await connection.execute(SELECT_PRECISION)).fetchall()
        found: dict[tuple[str, int], dict[State, int]] = {}
        for rule, version, state, count in rows:
            found.setdefault((rule, version), {})[State(state)] = count
        return dict(found)


class Run:
    """A run that is being stored."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self) -> int:
        """The position, which nobody else moves until the end."""
        return int((await (await self._connection.execute(LOCK_POSITION)).fetchall())[0][0])

    async def raise_flag(self, flag: NewFlag) -> bool:
        """Stores a flag; false when it is there already."""
        row = {
            "id": flag.id,
            "rule": flag.rule,
            "version": flag.version,
            "raised_ms": flag.raised_ms,
            "entries": list(flag.entries),
            "epoch": flag.epoch,
            "unit": flag.unit,
            "officers": list(flag.officers),
            "sealed": flag.sealed,
        }
        if (await self._connection.execute(INSERT_FLAG, row)).rowcount == 0:
            return False
        for statement in (INSERT_ENTRIES, INSERT_CONTENT, INSERT_OFFICERS):
            await self._connection.execute(statement, row)
        return True

    async def count(self, counts: Sequence[Counted], names: Sequence[NewName]) -> None:
        """Adds to the counts."""
        if counts:
            columns = ("month", "dimension", "word", "epoch", "zone", "unit", "count")
            await self._connection.execute(
                INSERT_TALLY, {name: [getattr(one, name) for one in counts] for name in columns}
            )
        for name in names:
            row = {field_: getattr(name, field_) for field_ in ("epoch", "tag", "id", "wrapped", "sealed")}
            await self._connection.execute(INSERT_NAME, row)

    async def move(self, next_: int) -> None:
        """Moves the position."""
        await self._connection.execute(UPDATE_POSITION, {"next": next_})


class Decision:
    """A flag that is being decided on, locked, in this state."""

    def __init__(self, connection: AsyncConnection, flag_id: UUID, state: State) -> None:
        self._connection, self._flag_id = connection, flag_id
        self.state = state

    async def take(self, verdict: State, index: int, at_ms: int) -> None:
        """Adds the verdict that the entry at `index` tells of."""
        row = {"id": self._flag_id, "state": verdict.value, "index": index, "at_ms": at_ms}
        await self._connection.execute(INSERT_VERDICT, row)
        await self._connection.execute(UPDATE_STATE, row)
