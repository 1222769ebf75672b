"""CSV files from outside: the good ones in any pieces, the bad ones with the lines that are bad and none of their content."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import integers, sets

from services.matching import csv_file
from services.matching.csv_file import CsvFile, Row
from services.matching.errors import CsvInvalid

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
UNTIL = "2027-01-01T00:00:00+01:00"
HEADER = "plate,valid_from,valid_until,note,source_reference"
LINE = f"1-ABC-123,,{UNTIL},note,REF 1"


def rows_of(file: bytes, chunk: int = 1 << 20) -> list[Row]:
    reader = CsvFile(NOW)
    rows = [row for start in range(0, len(file), chunk) for row in reader.feed(file[start : start + chunk])]
    return rows + reader.finish()


def refusal_of(file: bytes) -> str:
    with pytest.raises(CsvInvalid) as refused:
        rows_of(file)
    return refused.value.words


GOOD = (
    f"{HEADER}\r\n"
    f'1-ABC-123,2026-11-01T00:00:00Z,{UNTIL},"two words, a comma and ""quotes""",REF-1\r\n'
    "\r\n"
    f"m-äbc-1,,{UNTIL},ça va,\n"
    f" Ü 12 ,2026-11-01 00:00+01:00,2026-12-01T00:00:00.5Z,,\n"
)


@given(cuts=sets(integers(0, len(GOOD.encode()))))
def test_a_file_reads_the_same_in_any_pieces(cuts: set[int]) -> None:
    file, reader = GOOD.encode(), CsvFile(NOW)
    places = sorted({0, *cuts, len(file)})
    rows = [row for begin, end in itertools.pairwise(places) for row in reader.feed(file[begin:end])]
    assert [*rows, *reader.finish()] == rows_of(file)


def test_a_file_is_read() -> None:
    (first, second, third) = rows_of(GOOD.encode())
    assert (first[0], first[1].plate, first[1].note) == (2, "1ABC123", 'two words, a comma and "quotes"')
    assert first[1].valid_from == datetime(2026, 11, 1, tzinfo=UTC)
    assert (second[0], second[1].plate, second[1].valid_from, second[1].note) == (4, "MÄBC1", None, "ça va")
    assert (third[1].plate, third[1].valid_until) == ("Ü12", datetime(2026, 12, 1, 0, 0, 0, 500_000, tzinfo=UTC))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_delimiters_bom_and_line_ends(delimiter: str, bom: bytes, ending: str, last: bool) -> None:
    text = ending.join([HEADER, LINE]).replace(",", delimiter) + (ending if last else "")
    ((line, row),) = rows_of(bom + text.encode())
    assert (line, row.plate, row.source_reference) == (2, "1ABC123", "REF 1")


def _file(*lines: str | bytes) -> bytes:
    return b"\n".join(line if isinstance(line, bytes) else line.encode() for line in (HEADER, *lines)) + b"\n"


HOSTILE = {
    "empty": (b"", "the file is empty"),
    "header only": (_file(), "no rows"),
    "blank lines only": (_file("", "", ""), "no rows"),
    "no header": (f"{LINE}\n{LINE}\n".encode(), "lines 1 (the header"),
    "another header": (HEADER.replace("note", "notes").encode(), "lines 1 (the header"),
    "columns in another order": (b"valid_from,plate,valid_until,note,source_reference\n", "lines 1 (the header"),
    "a second BOM": (b"\xef\xbb\xbf\xef\xbb\xbf" + _file(LINE), "lines 1 (the header"),
    "UTF-16": (_file(LINE).decode().encode("utf-16"), "lines 1 (not UTF-8)"),
    "a picture": (b"\xff\xd8\xff\xe0" + bytes(100), "lines 1 (not UTF-8)"),
    "a zip file": (b"PK\x03\x04" + bytes(100), "lines 1 (control character)"),
    "NUL in a line": (_file(LINE, LINE.replace("note", "no\0te")), "lines 3 (control character)"),
    "old Mac line ends": (f"{HEADER}\r{LINE}\r".encode(), "lines 1 (control character)"),
    "latin-1": (_file(LINE.replace("note", "ça").encode("latin-1")), "lines 2 (not UTF-8)"),
    "too few columns": (_file("1-ABC-123"), "lines 2 (number of columns)"),
    "too many columns": (_file(LINE, LINE + ",more"), "lines 3 (number of columns)"),
    "an open quote": (_file(LINE.replace("note", '"note'), LINE), "lines 2 (quotes)"),
    "a line break in quotes": (_file(LINE.replace("note", '"no\nte"')), "lines 2 (quotes), 3 (number of columns)"),
    "text behind a quote": (_file(LINE.replace("note", '"no"te')), "lines 2 (quotes)"),
    "no plate": (_file(LINE.replace("1-ABC-123", "")), "lines 2 (plate)"),
    "a plate of signs": (_file(LINE.replace("1-ABC-123", "***")), "lines 2 (plate)"),
    "a long plate": (_file(LINE.replace("1-ABC-123", "A" * 17)), "lines 2 (plate)"),
    "no end": (_file(LINE.replace(UNTIL, "")), "lines 2 (valid_until)"),
    "no date": (_file(LINE.replace(UNTIL, "soon")), "lines 2 (valid_until)"),
    "no time zone": (_file(LINE.replace("+01:00", "")), "lines 2 (valid_until has no time zone)"),
    "a date alone": (_file(LINE.replace(UNTIL, "2027-01-01")), "lines 2 (valid_until has no time zone)"),
    "over already": (_file(LINE.replace("2027", "2026")), "lines 2 (valid_until)"),
    "too far ahead": (_file(LINE.replace("2027", "2028")), "lines 2 (valid_until)"),
    "begins after it ends": (_file(LINE.replace(",,", ",2027-06-01T00:00Z,")), "lines 2 (valid_until)"),
    "the first year": (_file(LINE.replace(",,", ",0001-01-01T00:00+14:00,")), "lines 2 (valid_from)"),
    "a formula in the note": (_file(LINE.replace("note", '"=HYPERLINK(""http://x"")"')), "lines 2 (note)"),
    "a command in the reference": (_file(LINE.replace("REF 1", "@SUM(1)")), "lines 2 (source_reference)"),
    "an invisible character": (_file(LINE.replace("note", "no\u202ete")), "lines 2 (note)"),
    "a long note": (_file(LINE.replace("note", "n" * 501)), "lines 2 (note)"),
    "a long reference": (_file(LINE.replace("REF 1", "R" * 129)), "lines 2 (source_reference)"),
    "a long line": (_file(LINE, "x" * 10_000, LINE), "lines 3 (too long)"),
}


@pytest.mark.parametrize(("file", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_by_line(file: bytes, words: str) -> None:
    refusal = refusal_of(file)
    assert words in refusal
    assert "ABC" not in refusal


@pytest.mark.parametrize(("file", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_in_small_pieces_as_well(file: bytes, words: str) -> None:
    with pytest.raises(CsvInvalid, match=r"."):
        rows_of(file, chunk=7)
    assert words


def test_at_most_20_lines_are_named() -> None:
    refusal = refusal_of(_file(*["bad"] * 1000))
    assert refusal.count("(number of columns)") == 20
    assert "lines 2 (" in refusal
    assert "21 (number of columns)" in refusal


def test_all_bad_lines_of_a_file_are_named_at_once() -> None:
    assert "lines 2 (plate), 4 (number of columns)" in refusal_of(_file(LINE.replace("1-ABC-123", ""), LINE, "x"))


def _feed(chunks: Iterable[bytes]) -> None:
    reader = CsvFile(NOW)
    for chunk in (_file(), *chunks):
        reader.feed(chunk)


def test_a_line_without_end_is_given_up_before_it_fills_the_memory() -> None:
    with pytest.raises(CsvInvalid, match=r"lines 2 \(too long\)"):
        _feed([b"x" * (csv_file.MAX_LINE_BYTES + 1)] * 20)


def test_a_file_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "MAX_BYTES", len(_file(LINE)))
    assert len(rows_of(_file(LINE))) == 1
    assert "larger than 64 MiB" in refusal_of(_file(LINE, LINE))


def test_a_file_has_at_most_a_million_rows_and_blank_lines() -> None:
    with pytest.raises(CsvInvalid, match="lines"):
        _feed([b"\n" * 1024 * 1024])


def test_now_is_the_end_of_what_is_over() -> None:
    at = NOW + timedelta(seconds=1)
    assert len(rows_of(_file(LINE.replace(UNTIL, at.isoformat())))) == 1
    assert "valid_until" in refusal_of(_file(LINE.replace(UNTIL, NOW.isoformat())))
