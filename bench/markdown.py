"""A recorded run as the table of the README: python -m bench.markdown FILE."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench import table

HEAD = (
    "what",
    "ours: median (min to max), CPU each",
    "beside: median (min to max), CPU each",
    "ratio",
    "target",
    "holds",
)
FOR_EVER = float("inf")


def lines(run: Mapping[str, Any]) -> Iterator[str]:
    """The table, and when and on what it was measured. A row without a peer says so."""
    machine = run["machine"]
    yield f"Measured {run['began'][:10]} on {machine['cpus']} vCPU, commit {run['commit']}."
    yield ""
    yield _line(HEAD)
    yield _line(("---",) * len(HEAD))
    for row in run["rows"]:
        yield _line((row["what"], row["missing"], "", "", "", "") if "missing" in row else _cells(row))


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    target = "" if row["target"] is None else row["target"]
    return (
        f"{row['what']}, {row['unit']}",
        _side(row["ours"]),
        f"{row['peer']['name']}: {_side(row['peer'])}",
        table.number(row["ratio"]),
        target,
        row["holds"],
    )


def _side(side: Mapping[str, Any]) -> str:
    values = [FOR_EVER if value is None else value for value in side["values"]]
    middle, least, most = (table.number(of(values)) for of in (median, min, max))
    return f"{middle} ({least} to {most}), {table.duration(median(side['cpu_us']))}"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(lines(json.loads(Path(sys.argv[1]).read_text()))))
