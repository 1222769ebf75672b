"""What the databases hold at the end, against what senders were told."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from services.common import ids
from services.local.instance import Instance
from tests.overload import pictures
from tests.overload.pictures import Picture

FRAMES = """
SELECT frame.frame_id, frame.camera_id, frame.sequence, frame.state::text AS state, result.read_count
FROM ingest.frame LEFT JOIN ingest.frame_result AS result USING (frame_id)
"""
SIGHTINGS = "SELECT frame_id, read_id, plate FROM matching.sighting"
AGES = """
SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY age), 0) AS median_s, coalesce(max(age), 0) AS longest_s,
    coalesce(avg((age <= 60)::int), 0)::float8 AS in_time
FROM (SELECT extract(epoch FROM done_at - captured_at)::float8 AS age FROM ingest.frame WHERE camera_id LIKE 'over-%') AS frames
"""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Told:
    """A frame that was acknowledged to a sender."""

    camera_id: str
    sequence: int
    frame_id: UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """A frame as ingest has it. read_count: of its committed result, None without one."""

    frame_id: UUID
    camera_id: str
    sequence: int
    state: str
    read_count: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A read as matching has it. plate: None for a no-read."""

    frame_id: UUID
    read_id: UUID
    plate: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ages:
    """From capture until matching had it, of the frames of the overload. in_time: the share that was young enough to alarm."""

    median_s: float
    longest_s: float
    in_time: float


@dataclass(frozen=True, slots=True)
class Count:
    """One thing that must be so many."""

    words: str
    found: int
    wanted: int

    @property
    def holds(self) -> bool:
        return self.found == self.wanted


def told(files: Iterable[Path]) -> list[Told]:
    """What senders wrote down as acknowledged."""
    lines = [line.split() for file in files for line in file.read_text().splitlines()]
    return [Told(camera, int(sequence), UUID(frame_id)) for camera, sequence, frame_id in lines]


def audit(instance: Instance, acknowledged: Sequence[Told], drawn: Sequence[Picture]) -> list[Count]:
    """Compares, as the owners of both schemas."""
    frames = _rows(instance, "ingest_owner", FRAMES, Kept)
    return compare(acknowledged, frames, _rows(instance, "matching_owner", SIGHTINGS, Seen), drawn)


def compare(
    acknowledged: Sequence[Told], frames: Sequence[Kept], sightings: Sequence[Seen], drawn: Sequence[Picture]
) -> list[Count]:
    """What was told, what ingest has, what matching has, and what was on the pictures."""
    known = {(frame.camera_id, frame.sequence): frame.frame_id for frame in frames}
    kept = sum(known.get((one.camera_id, one.sequence)) == one.frame_id for one in acknowledged)
    expected = Counter(ids.read_id(frame.frame_id, n) for frame in frames for n in range(frame.read_count or 0))
    stored = Counter(sighting.read_id for sighting in sightings)
    plates: dict[UUID, list[str]] = {sighting.frame_id: [] for sighting in sightings}
    for sighting in sightings:
        plates[sighting.frame_id] += [] if sighting.plate is None else [sighting.plate]
    right = sum(sorted(plates.get(frame.frame_id, ["none"])) == _plates(frame, drawn) for frame in frames)
    different = len({one.frame_id for one in acknowledged})
    done, read = (
        sum(holds) for holds in ([one.state == "done" for one in frames], [bool(one.read_count) for one in frames])
    )
    return [
        Count("acknowledged frames that are in the database under the id that was told", kept, len(acknowledged)),
        Count("acknowledgements, each of another frame", different, len(acknowledged)),
        Count("frames in the database that are done", done, len(frames)),
        Count("frames in the database with one committed result", read, len(frames)),
        Count(
            "committed reads that are in exactly one sighting",
            sum(stored[read] == 1 for read in expected),
            len(expected),
        ),
        Count("sightings of reads that nobody committed, or for the second time", (stored - expected).total(), 0),
        Count("frames whose sightings name the plates on the picture", right, len(frames)),
    ]


def ages(instance: Instance) -> Ages:
    """How old frames became."""
    return _rows(instance, "ingest_owner", AGES, Ages)[0]


def _plates(frame: Kept, drawn: Sequence[Picture]) -> list[str]:
    return list(pictures.of(int(frame.camera_id.rpartition("-")[2]) - 1, frame.sequence, drawn).plates)


def _rows(instance: Instance, role: str, statement: str, kind: type[Row]) -> list[Row]:
    with (
        psycopg.connect(instance.conninfo(role), password=instance.password(role)) as connection,
        connection.cursor(row_factory=class_row(kind)) as rows,
    ):
        return rows.execute(statement.encode()).fetchall()
