"""The table of a run: two lines a row, ours above its peer, at most 130 characters wide."""

from collections.abc import Iterator, Sequence
from statistics import median

from bench.row import NoRow, Row, Series

WIDTHS = (40, 28, 8, 8, 8, 9, 6, 9)
HEAD = ("what, unit", "who", "min", "median", "max", "CPU/item", "ratio", "target")
HOLDS = "holds"
WIDTH = 130
NOTES = (
    "Ratio: how good ours is beside the peer, median over the rounds; above 1 ours is better, in rates and times alike."
)


def lines(rows: Sequence[Row | NoRow]) -> Iterator[str]:
    """The whole table."""
    yield _line(HEAD, HOLDS)
    yield "-" * WIDTH
    for row in rows:
        if isinstance(row, NoRow):
            yield f"{row.what}: {row.why}"[:WIDTH]
        else:
            yield from _of(row)
    yield "-" * WIDTH
    yield NOTES
    for row in rows:
        if isinstance(row, Row) and row.note:
            yield f"{row.what}: {row.note}"


def _of(row: Row) -> Iterator[str]:
    target = "" if row.target is None else str(row.target)
    ours = (f"{row.what}, {row.unit}", row.ours.name, *_figures(row.ours), number(row.ratio), target)
    yield _line(ours, row.verdict)
    yield _line(("", row.peer.name, *_figures(row.peer), "", ""), "")


def _figures(side: Series) -> tuple[str, ...]:
    return (*(number(of(side.values)) for of in (min, median, max)), duration(median(side.cpu_us)))


def _line(cells: Sequence[str], last: str) -> str:
    what, who, *others = cells
    texts = [what[: WIDTHS[0]].ljust(WIDTHS[0]), who[: WIDTHS[1]].ljust(WIDTHS[1])]
    texts += [other.rjust(width) for other, width in zip(others, WIDTHS[2:], strict=True)]
    return f"{' '.join(texts)} {last}".rstrip()


def number(value: float) -> str:
    """Three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def duration(microseconds: float) -> str:
    """A span of CPU time in the unit that fits."""
    for size, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= size:
            return f"{number(microseconds / size)} {unit}"
    return f"{number(microseconds)} us"
