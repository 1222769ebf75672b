"""Reference data: who is on duty when, and whose vehicle is whose. It comes as CSV files, each a version from a moment on.

roster      officer,from,until          times in ISO 8601 with an offset from UTC
household   officer,plate,relation      relation: own or household
colleagues  officer,plate
protected   plate,label
"""

import csv
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.audit.oversight.errors import CsvInvalid
from services.audit.oversight.lookup import person
from services.common import plate
from services.common.errors import Invalid

MAX_BYTES = 4 * 1024 * 1024
MAX_LINE_BYTES = 1024
MAX_LINES_NAMED = 20
MAX_PERSON, MAX_LABEL = 64, 100
MAX_SHIFT_MS = 48 * 3600 * 1000
DELIMITERS = ",;\t"
BOM = b"\xef\xbb\xbf"
OWN, HOUSEHOLD = "own", "household"


class Kind(StrEnum):
    """Kinds of reference data."""

    ROSTER = "roster"
    HOUSEHOLD = "household"
    COLLEAGUES = "colleagues"
    PROTECTED = "protected"


Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """An import that is in the store. adds: on top of what holds then, instead of in its place."""

    number: int
    kind: Kind
    valid_from_ms: int
    adds: bool


@dataclass(frozen=True, slots=True)
class Shift:
    """A span of duty: from_ms <= t < until_ms."""

    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Reference:
    """What holds at a moment. Persons as `lookup.person` gives them, plates in normal form."""

    shifts: Mapping[str, Sequence[Shift]] = field(default_factory=dict, repr=False)
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    colleagues: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    protected: Mapping[str, str] = field(default_factory=dict, repr=False)

    def relation(self, officer: str, plate_: str) -> str:
        """own, household, or nothing."""
        return self.own.get(officer, {}).get(plate_, "")

    def nearest_shift(self, officer: str, time_ms: int) -> int | None:
        """How many milliseconds the moment is away from a shift of the officer, 0 inside; None when the roster has none."""
        shifts = self.shifts.get(officer, ())
        if not shifts:
            return None
        place = bisect_right(shifts, time_ms, key=lambda shift: shift.from_ms)
        before = (max(0, time_ms - shift.until_ms + 1) for shift in shifts[:place])
        after = (shift.from_ms - time_ms for shift in shifts[place : place + 1])
        return min((*before, *after))


def parse(kind: Kind, file: bytes) -> tuple[Row, ...]:
    """The rows of a file, checked and in the form in which they are stored. Raises CsvInvalid, which names up to 20 lines."""
    if len(file) > MAX_BYTES:
        raise CsvInvalid("the file is larger than 4 MiB")
    header, *lines = file.removeprefix(BOM).split(b"\n")
    columns, read = _COLUMNS[kind], _READ[kind]
    delimiter = _delimiter(header, columns)
    rows: dict[Row, None] = {}
    bad: list[str] = []
    for number, line in enumerate(lines, start=2):
        if not line.removesuffix(b"\r"):
            continue
        try:
            rows[read(_values(line.removesuffix(b"\r"), delimiter, len(columns)))] = None
        except _BadLine as fault:
            bad.append(f"{number} ({fault})")
            if len(bad) == MAX_LINES_NAMED:
                break
    if bad:
        raise CsvInvalid(f"the file cannot be imported: lines {', '.join(bad)}")
    if not rows:
        raise CsvInvalid("the file has no rows")
    return tuple(rows)


def in_force(versions: Iterable[Version], kind: Kind, time_ms: int) -> tuple[int, ...]:
    """Numbers of the versions of a kind that hold at a moment: the last that took the place of others, and what came on top."""
    found: list[int] = []
    for version in sorted(versions, key=lambda one: (one.valid_from_ms, one.number)):
        if version.kind is kind and version.valid_from_ms <= time_ms:
            found = [*found, version.number] if version.adds else [version.number]
    return tuple(found)


def merge(rows: Mapping[Kind, Iterable[Row]]) -> Reference:
    """What rows say together."""
    shifts: dict[str, list[Shift]] = {}
    own: dict[str, dict[str, str]] = {}
    colleagues: dict[str, set[str]] = {}
    for officer, begin, end in rows.get(Kind.ROSTER, ()):
        shifts.setdefault(officer, []).append(Shift(int(begin), int(end)))
    for officer, plate_, relation in rows.get(Kind.HOUSEHOLD, ()):
        own.setdefault(officer, {})[plate_] = relation
        colleagues.setdefault(plate_, set()).add(officer)
    for officer, plate_ in rows.get(Kind.COLLEAGUES, ()):
        colleagues.setdefault(plate_, set()).add(officer)
    return Reference(
        shifts={officer: sorted(found, key=lambda shift: shift.from_ms) for officer, found in shifts.items()},
        own=own,
        colleagues={plate_: frozenset(officers) for plate_, officers in colleagues.items()},
        protected=dict(_pair(row) for row in rows.get(Kind.PROTECTED, ())),
    )


class _BadLine(Exception):
    """A line cannot be used; the text names the column or the fault."""


def _pair(row: Row) -> tuple[str, str]:
    return row[0], row[1]


def _delimiter(header: bytes, columns: Sequence[str]) -> str:
    text = header.removesuffix(b"\r").decode(errors="replace")
    for delimiter in DELIMITERS:
        if text.split(delimiter) == list(columns):
            return delimiter
    raise CsvInvalid(f"the file cannot be imported: lines 1 (the header is not {','.join(columns)})")


def _values(line: bytes, delimiter: str, count: int) -> list[str]:
    if len(line) > MAX_LINE_BYTES:
        raise _BadLine("too long")
    try:
        text = line.decode()
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        raise _BadLine("not UTF-8") from None
    except csv.Error:
        raise _BadLine("quotes") from None
    if not text.replace("\t", "").isprintable():
        raise _BadLine("control character")
    if len(rows) != 1 or len(rows[0]) != count:
        raise _BadLine("number of columns")
    return rows[0]


def _roster(values: list[str]) -> Row:
    begin, end = _time(values[1], "from"), _time(values[2], "until")
    if not begin < end <= begin + MAX_SHIFT_MS:
        raise _BadLine("until")
    return _person(values[0]), str(begin), str(end)


def _household(values: list[str]) -> Row:
    if values[2] not in (OWN, HOUSEHOLD):
        raise _BadLine("relation")
    return _person(values[0]), _plate(values[1]), values[2]


def _colleagues(values: list[str]) -> Row:
    return _person(values[0]), _plate(values[1])


def _protected(values: list[str]) -> Row:
    if len(values[1]) > MAX_LABEL:
        raise _BadLine("label")
    return _plate(values[0]), values[1]


def _person(text: str) -> str:
    found = person(text)
    if not found or len(found) > MAX_PERSON:
        raise _BadLine("officer")
    return found


def _plate(text: str) -> str:
    try:
        return plate.parse(text)
    except Invalid:
        raise _BadLine("plate") from None


def _time(text: str, column: str) -> int:
    """ISO 8601 with an offset from UTC: a time without one is a different moment to everyone."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise _BadLine(f"{column} has no time zone")
        return round(found.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise _BadLine(column) from None


_COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ROSTER: ("officer", "from", "until"),
    Kind.HOUSEHOLD: ("officer", "plate", "relation"),
    Kind.COLLEAGUES: ("officer", "plate"),
    Kind.PROTECTED: ("plate", "label"),
}
_READ: Mapping[Kind, Callable[[list[str]], Row]] = {
    Kind.ROSTER: _roster,
    Kind.HOUSEHOLD: _household,
    Kind.COLLEAGUES: _colleagues,
    Kind.PROTECTED: _protected,
}
