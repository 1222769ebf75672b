"""The weekly sample: drawn by lot with a seed that the operator of the log does not choose. Pure: an auditor draws it again.

1. The week is an ISO week in UTC. Its look-ups are the entries of kind intent whose log time is in it, of all systems but audit.
2. The head: of the published heads that cover the week (size at least the index of the first entry after it) and have a line of a
   witness that states a time at or after the end of the week, the one of the smallest size. The line: of its lines, the one with
   the earliest such time, and of equal times the first in the order of its bytes.
3. seed = SHA-256 over the line, in UTF-8, without its line feed.
4. score(index) = SHA-256("anpr-audit/sample/v1\\0" || seed || index as 8 bytes, big-endian).
5. Of each unit, the look-ups with the five smallest scores; all of them when there are fewer.

The head is signed after the week is over and before the seed exists: who makes look-ups does not know the seed, and who knows the
seed can add no look-up. The time in the line, and that there is no earlier line, is the witness's word.
"""

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from services.common import note
from services.common.errors import Invalid
from services.common.note import NoteInvalid

OF_EACH_UNIT = 5
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_SCORE = b"anpr-audit/sample/v1\0"
COSIGNATURE_BYTES = 72


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week: begin_ms <= t < end_ms."""

    name: str
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Head:
    """A published head. note: with the lines of the witnesses in cosigned_by."""

    size: int
    note: str
    cosigned_by: Sequence[str]


@dataclass(frozen=True, slots=True)
class Seed:
    """What the sample is drawn with: the line, and the size of the head that it is on."""

    size: int
    line: str

    @property
    def value(self) -> bytes:
        """The seed."""
        return sha256(self.line.encode()).digest()


def week(name: str) -> Week:
    """The week of this name, such as 2026-W48. Raises Invalid."""
    match = _WEEK.fullmatch(name)
    if match is None:
        raise Invalid("a week has the form 2026-W48", field="week")
    try:
        monday = datetime.fromisocalendar(int(match[1]), int(match[2]), 1).replace(tzinfo=UTC)
        end = monday + timedelta(days=7)
    except (ValueError, OverflowError):
        raise Invalid("there is no such week", field="week") from None
    return Week(name, round(monday.timestamp() * 1000), round(end.timestamp() * 1000))


def seed(heads: Iterable[Head], covers: int, end_ms: int) -> Seed | None:
    """The seed of a week (2), None while there is none. covers: index of the first entry after the week."""
    for head in sorted(heads, key=lambda one: one.size):
        lines = _lines(head, end_ms) if head.size >= covers else []
        if lines:
            return Seed(head.size, min(lines)[1])
    return None


def _lines(head: Head, from_ms: int) -> list[tuple[int, str]]:
    """Lines of witnesses with their times, from this moment on."""
    try:
        signatures = note.parse(head.note).signatures
    except NoteInvalid:
        return []
    return [
        (at, note.line(one).rstrip("\n"))
        for one in signatures
        if one.name in head.cosigned_by
        and len(one.data) == COSIGNATURE_BYTES
        and (at := note.cosigned_at(one.data)) * 1000 >= from_ms
    ]


def score(seed_: bytes, index: int) -> bytes:
    """The lot of a look-up (4)."""
    return sha256(_SCORE + seed_ + index.to_bytes(8, "big")).digest()


def draw(seed_: bytes, lookups: Mapping[str, Iterable[int]], of_each: int = OF_EACH_UNIT) -> dict[str, list[int]]:
    """The sample of each unit, by index (5). lookups: indexes by unit."""
    return {
        unit: sorted(heapq.nsmallest(of_each, indexes, key=lambda index: score(seed_, index)))
        for unit, indexes in lookups.items()
    }
