"""A table for people who open it in a spreadsheet: every cell is text, none is a formula, and nothing hides or turns other text.

Deliberately simple, so that a verifier can write it again and compare: cells in double quotes, lines end in CR LF. What nobody
sees stands as its number, such as \\u202e; a cell that a spreadsheet would take for a formula begins with an apostrophe.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

# Control characters, marks of direction, joiners, variation selectors, blank letters, separators, surrogates, tags and the
# private use areas: a list of its own, as Unicode's classes change from version to version, and the bytes of a table must not.
UNSEEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
FORMULA = re.compile("[ \u00a0\u3000]*[=+\\-@\uff1d\uff0b\uff0d\uff20\u2212]")
YEAR_10000_S = 253_402_300_800

Cell = str | int | tuple[str, ...]


def line(cells: Iterable[Cell]) -> str:
    """A line of the table."""
    return ",".join(f'"{_text(cell)}"' for cell in cells) + "\r\n"


def time(ms: int) -> str:
    """Log time, in UTC; as a number where no calendar reaches."""
    if ms >= YEAR_10000_S * 1000:
        return str(ms)
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def _text(cell: Cell) -> str:
    if isinstance(cell, int):
        return str(cell)
    seen = UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", " ".join(cell) if isinstance(cell, tuple) else cell)
    return ("'" if FORMULA.match(seen) else "") + seen.replace('"', '""')
