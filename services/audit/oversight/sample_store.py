"""The SQL of samples, as audit_reviewer."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import class_row

from services.audit.oversight.errors import AlreadyDecided, SampleNotFound
from services.audit.oversight.week import Head
from services.common.database import Database

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('audit samples', 0))"
SELECT_HEADS = """
SELECT size, note, cosigned_by FROM audit.published
WHERE size >= %(covers)s AND cardinality(cosigned_by) > 0
ORDER BY size LIMIT 1000
"""
SELECT_LOOKUPS = """
SELECT t.epoch, t.unit, array_agg(t.seq ORDER BY t.seq) AS indexes FROM audit.tag t
WHERE t.at_ms >= %(begin_ms)s AND t.at_ms < %(end_ms)s AND t.seq >= %(floor)s AND t.seq < %(size)s
    AND t.kind = 'intent' AND t.system <> 'audit'
GROUP BY t.epoch, t.unit
"""
SELECT_DRAW = "SELECT size, line, of_each_unit, at_ms, seq FROM audit.sample_draw WHERE week = %(week)s"
INSERT_DRAW = """
INSERT INTO audit.sample_draw (week, size, line, of_each_unit, at_ms, seq)
VALUES (%(week)s, %(size)s, %(line)s, %(of_each_unit)s, %(at_ms)s, %(seq)s)
"""
INSERT_SAMPLES = """
INSERT INTO audit.sample (week, seq, epoch, unit)
SELECT %(week)s, * FROM unnest(%(seqs)s::bigint[], %(epochs)s::text[], %(units)s::bytea[])
"""
SELECT_SAMPLES = """
SELECT s.week, s.seq AS index, d.at_ms AS drawn_ms, j.entry_seq AS justified_by, j.at_ms AS justified_ms
FROM audit.sample s JOIN audit.sample_draw d ON d.week = s.week
LEFT JOIN audit.sample_justification j ON j.week = s.week AND j.seq = s.seq
WHERE (%(week)s::text IS NULL OR s.week = %(week)s)
    AND (%(index)s::bigint IS NULL OR s.seq = %(index)s)
    AND (%(units)s::bytea[] IS NULL OR s.unit = ANY (%(units)s))
    AND (NOT %(only_open)s OR j.seq IS NULL) AND d.at_ms < %(drawn_before_ms)s
ORDER BY s.week DESC, s.seq LIMIT %(limit)s
"""
LOCK_SAMPLE = """
SELECT pg_advisory_xact_lock(hashtextextended('audit sample ' || s.week || ' ' || s.seq, 0))
FROM audit.sample s WHERE s.week = %(week)s AND s.seq = %(index)s
"""
INSERT_JUSTIFICATION = """
INSERT INTO audit.sample_justification (week, seq, entry_seq, at_ms) VALUES (%(week)s, %(index)s, %(entry)s, %(at_ms)s)
"""
IS_JUSTIFIED = "SELECT FROM audit.sample_justification WHERE week = %(week)s AND seq = %(index)s"
END = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class OfUnit:
    """Look-ups of a unit, by the tag of an epoch; the tag is None for persons without a unit."""

    epoch: str
    unit: bytes | None
    indexes: list[int]


@dataclass(frozen=True, slots=True)
class Draw:
    """The draw of a week."""

    size: int
    line: str
    of_each_unit: int
    at_ms: int
    seq: int


@dataclass(frozen=True, slots=True)
class Sample:
    """A sampled look-up. justified_by: index of the entry that justifies it."""

    week: str
    index: int
    drawn_ms: int
    justified_by: int | None
    justified_ms: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which samples; None means any. units: tags in every epoch."""

    week: str | None = None
    index: int | None = None
    units: Sequence[bytes] | None = None
    only_open: bool = False
    drawn_before_ms: int = END


class SampleStore:
    """Samples. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heads(self, covers: int) -> list[Head]:
        """Published heads with lines of witnesses, of this size or larger, the smallest thousand."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Head)) as rows:
            await rows.execute(SELECT_HEADS, {"covers": covers})
            return await rows.fetchall()

    async def lookups(self, begin_ms: int, end_ms: int, *, floor: int, size: int) -> list[OfUnit]:
        """Look-ups within a span of log time, of indexes from `floor` on and below `size`, by unit."""
        parameters = {"begin_ms": begin_ms, "end_ms": end_ms, "floor": floor, "size": size}
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(OfUnit)) as rows:
            await rows.execute(SELECT_LOOKUPS, parameters)
            return await rows.fetchall()

    @asynccontextmanager
    async def drawing(self, week: str) -> AsyncIterator["Drawing"]:
        """Holds the draws: nobody else draws meanwhile."""
        async with self._database.transaction() as connection:
            await connection.execute(LOCK)
            async with connection.cursor(row_factory=class_row(Draw)) as rows:
                await rows.execute(SELECT_DRAW, {"week": week})
                yield Drawing(connection, week, await rows.fetchone())

    async def samples(self, wanted: Wanted, *, limit: int) -> list[Sample]:
        """Samples, newest week first."""
        parameters = {
            "week": wanted.week,
            "index": wanted.index,
            "units": list(wanted.units) if wanted.units is not None else None,
            "only_open": wanted.only_open,
            "drawn_before_ms": wanted.drawn_before_ms,
            "limit": limit,
        }
        async with self._database.transaction() as connection, connection.cursor(row_factory=class_row(Sample)) as rows:
            await rows.execute(SELECT_SAMPLES, parameters)
            return await rows.fetchall()

    @asynccontextmanager
    async def justification(self, week: str, index: int) -> AsyncIterator["Justification"]:
        """Holds a sample while somebody justifies it. Raises SampleNotFound, AlreadyDecided."""
        place = {"week": week, "index": index}
        async with self._database.transaction() as connection:
            if await (await connection.execute(LOCK_SAMPLE, place)).fetchone() is None:
                raise SampleNotFound("there is no such sample")
            # In a statement of its own: it sees what the last holder of the lock wrote.
            if await (await connection.execute(IS_JUSTIFIED, place)).fetchone() is not None:
                raise AlreadyDecided("the look-up is justified")
            yield Justification(connection, week, index)


class Drawing:
    """A draw under way; `drawn` is what was drawn before, if anything was."""

    def __init__(self, connection: AsyncConnection, week: str, drawn: Draw | None) -> None:
        self._connection, self._week, self.drawn = connection, week, drawn

    async def keep(self, draw: Draw, samples: Sequence[tuple[int, str, bytes | None]]) -> None:
        """Stores the draw. samples: index, epoch and tag of the unit."""
        row = {
            "week": self._week,
            "size": draw.size,
            "line": draw.line,
            "of_each_unit": draw.of_each_unit,
            "at_ms": draw.at_ms,
            "seq": draw.seq,
        }
        await self._connection.execute(INSERT_DRAW, row)
        if samples:
            seqs, epochs, units = zip(*samples, strict=True)
            row = {"week": self._week, "seqs": list(seqs), "epochs": list(epochs), "units": list(units)}
            await self._connection.execute(INSERT_SAMPLES, row)


class Justification:
    """A justification under way."""

    def __init__(self, connection: AsyncConnection, week: str, index: int) -> None:
        self._connection, self._week, self._index = connection, week, index

    async def take(self, entry: int, at_ms: int) -> None:
        """Stores that the entry at this index justifies the look-up."""
        row = {"week": self._week, "index": self._index, "entry": entry, "at_ms": at_ms}
        await self._connection.execute(INSERT_JUSTIFICATION, row)
