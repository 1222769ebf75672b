"""The table of a run, for people."""

import sys
from collections.abc import Sequence

from tests.chaos.counting import Row


def say(words: str) -> None:
    """One line."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def show(title: str, rows: Sequence[Row]) -> bool:
    """Prints the table; returns whether everything is equal."""
    width = max(len(row.what) for row in rows)
    say(f"\n{title}\n{'what':{width}}  {'expected':>8}  {'found':>8}  equal")
    for row in rows:
        verdict = "yes" if row.is_equal else f"NO: {row.lost} lost, {row.extra} extra: {row.examples}"
        say(f"{row.what:{width}}  {row.expected:>8}  {row.found:>8}  {verdict}")
    equal = all(row.is_equal for row in rows)
    say("all equal" if equal else "NOT EQUAL")
    return equal
