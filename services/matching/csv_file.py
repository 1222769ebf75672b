"""A hotlist as a CSV file, read in pieces of any size. The file comes from outside: every line is hostile until it was looked at.

A record is one physical line: what a field may hold has no line breaks, so a quote that is left open ends with its line
instead of swallowing the file.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime

from services.common import plate
from services.common.errors import Invalid
from services.matching.errors import CsvInvalid
from services.matching.hotlist import NewEntry, verify_until

COLUMNS = ["plate", "valid_from", "valid_until", "note", "source_reference"]
DELIMITERS = ",;\t"
BOM = b"\xef\xbb\xbf"
MAX_BYTES = 64 * 1024 * 1024
MAX_LINES = 1_000_001  # the header and a million rows; blank lines count
MAX_LINE_BYTES = 8 * 1024
MAX_LINES_NAMED = 20

Row = tuple[int, NewEntry]  # with its line, from 1


class _BadLine(Exception):
    """A line cannot be used; the text names the column or the fault."""


class CsvFile:
    """Reads one file: `feed` it in order, then `finish`. Both raise CsvInvalid, which names up to 20 lines and quotes none.

    now: entries must not be over by then.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._rest = b""
        self._size_bytes = self._line = self._rows = 0
        self._delimiter = ""
        self._bad: list[str] = []

    def feed(self, chunk: bytes) -> list[Row]:
        """The rows that this piece of the file completes."""
        self._size_bytes += len(chunk)
        if self._size_bytes > MAX_BYTES:
            raise CsvInvalid("the file is larger than 64 MiB")
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        rows = self._take(lines)
        if len(self._rest) > MAX_LINE_BYTES:  # it may never end
            self._bad.append(f"{self._line + 1} (too long)")
            raise self._refusal()
        return rows

    def finish(self) -> list[Row]:
        """The last row, when the file does not end with a line feed. Raises CsvInvalid for all lines that were bad."""
        rows = self._take([self._rest] if self._rest else [])
        if not self._delimiter:
            raise CsvInvalid("the file is empty")
        if self._bad:
            raise self._refusal()
        if not self._rows:
            raise CsvInvalid("the file has no rows")
        return rows

    def _take(self, lines: list[bytes]) -> list[Row]:
        rows: list[Row] = []
        for line in lines:
            self._line += 1
            if self._line > MAX_LINES:
                raise CsvInvalid(f"the file has more than {MAX_LINES:,} lines")
            try:
                rows.extend(self._read(line.removesuffix(b"\r")))
            except _BadLine as fault:
                self._bad.append(f"{self._line} ({fault})")
            if len(self._bad) >= MAX_LINES_NAMED or (self._bad and not self._delimiter):
                raise self._refusal()
        return rows

    def _read(self, line: bytes) -> Iterator[Row]:
        if len(line) > MAX_LINE_BYTES:
            raise _BadLine("too long")
        if not self._delimiter:
            self._delimiter = _delimiter(_decode(line.removeprefix(BOM)))
        elif line:
            self._rows += 1
            yield self._line, self._entry(_split(_decode(line), self._delimiter))

    def _entry(self, values: list[str]) -> NewEntry:
        if len(values) != len(COLUMNS):
            raise _BadLine("number of columns")
        written, begin, end, note, source_reference = values
        try:
            normal = plate.parse(written)
        except Invalid:
            raise _BadLine("plate") from None
        valid_from = _time(begin, "valid_from") if begin else None
        try:
            entry = NewEntry(normal, valid_from, _time(end, "valid_until"), note, source_reference)
            verify_until(entry.valid_until, self._now)
        except Invalid as refusal:
            raise _BadLine(str(refusal.facts["field"])) from None
        return entry

    def _refusal(self) -> CsvInvalid:
        return CsvInvalid(f"the file cannot be imported: lines {', '.join(self._bad)}")


def _decode(line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise _BadLine("not UTF-8") from None
    if any(character < " " and character != "\t" for character in text):
        raise _BadLine("control character")
    return text


def _delimiter(header: str) -> str:
    for delimiter in DELIMITERS:
        if _split(header, delimiter) == COLUMNS:
            return delimiter
    raise _BadLine(f"the header is not {','.join(COLUMNS)}")


def _split(line: str, delimiter: str) -> list[str]:
    try:
        rows = list(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise _BadLine("quotes") from None
    return rows[0] if rows else []


def _time(text: str, column: str) -> datetime:
    """ISO 8601 with an offset from UTC: a time without one is a different moment to everyone."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise _BadLine(f"{column} has no time zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _BadLine(column) from None
