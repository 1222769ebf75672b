"""The definitions and grants that a database has which our migrations made: expected.txt, a line each."""

from pathlib import Path

SHIPPED = Path(__file__).with_name("expected.txt")
HEAD = (
    "# What decides who can read sightings, as the migrations make it. Written by python -m tests.reconcile.expected.\n"
)


def read(file: Path = SHIPPED) -> frozenset[str]:
    """The lines of a file."""
    return frozenset(line for line in file.read_text().splitlines() if line and not line.startswith("#"))


def encode(lines: frozenset[str]) -> str:
    """The content of a file."""
    return HEAD + "".join(f"{line}\n" for line in sorted(lines))
