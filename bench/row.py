"""A row of the table: ours, its peer, and the target."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from types import MappingProxyType
from typing import Literal, Protocol

from bench.measure import Round


@dataclass(frozen=True, slots=True)
class Series:
    """One side's figures over the rounds, in the row's unit, and its CPU time per item, in microseconds."""

    name: str
    values: tuple[float, ...]
    cpu_us: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured. `lower_is_better`: the unit is one of time; note: what the reader must know, one line."""

    what: str
    unit: str
    ours: Series
    peer: Series
    lower_is_better: bool = False
    target: "Target | None" = None
    note: str = ""

    @property
    def ratios(self) -> tuple[float, ...]:
        """Of each round: how good ours is in proportion to the peer. Above 1 ours is better, in rates and times alike."""
        pairs = zip(self.ours.values, self.peer.values, strict=True)
        return tuple(peer / ours if self.lower_is_better else ours / peer for ours, peer in pairs)

    @property
    def ratio(self) -> float:
        """The median over the rounds."""
        return median(self.ratios)

    @property
    def verdict(self) -> str:
        """Whether the target holds; empty without one."""
        return "" if self.target is None else self.target.verdict(self)


@dataclass(frozen=True, slots=True)
class NoRow:
    """A bench that could not be run, and why, for a person."""

    what: str
    why: str


class Target(Protocol):
    """What design.md asks for."""

    def __str__(self) -> str:
        """As it stands in the table."""

    def verdict(self, row: Row) -> str:
        """HELD, MISSED, or why there is none."""


HELD, MISSED, NOT_BUILT = "yes", "NO", "-"
HOLDS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType({"<=": operator.le, ">=": operator.ge})


@dataclass(frozen=True, slots=True)
class Ratio:
    """At least this much of the peer."""

    least: float

    def __str__(self) -> str:
        return f"x >= {self.least:g}"

    def verdict(self, row: Row) -> str:
        return HELD if row.ratio >= self.least else MISSED


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure in the row's unit: a time is at most this, a rate at least."""

    sign: Literal["<=", ">="]
    figure: float
    unit: str

    def __str__(self) -> str:
        return f"{self.sign} {self.figure:g} {self.unit}"

    def verdict(self, row: Row) -> str:
        return HELD if HOLDS[self.sign](median(row.ours.values), self.figure) else MISSED


@dataclass(frozen=True, slots=True)
class Later:
    """A target for what is not built yet: it is shown and not judged."""

    words: str

    def __str__(self) -> str:
        return self.words

    def verdict(self, _: Row) -> str:
        return NOT_BUILT


def series(name: str, rounds: Sequence[Round], figure: int = 0) -> Series:
    """One figure of a side's rounds."""
    return Series(name, tuple(one.figures[figure] for one in rounds), tuple(one.cpu_us for one in rounds))
