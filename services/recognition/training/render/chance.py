"""Throws of a seeded generator that are cheap enough for a hundred a plate."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from numpy.random import Generator

T = TypeVar("T")


def pick(rng: Generator, values: Sequence[T]) -> T:
    """One of the values, each as likely as the others."""
    return values[int(rng.random() * len(values))]


def happens(rng: Generator, share: float) -> bool:
    """True in this share of the throws."""
    return bool(rng.random() < share)


def between(rng: Generator, low: float, high: float) -> float:
    """A number between the two, all as likely."""
    return float(low + (high - low) * rng.random())


class Weighted(Generic[T]):
    """Values of which some are likelier than others."""

    def __init__(self, *weights: tuple[T, float]) -> None:
        """Weights need not sum to one."""
        self._values = [value for value, _ in weights]
        self._ends = list(accumulate(weight for _, weight in weights))

    def pick(self, rng: Generator) -> T:
        """One of the values."""
        return self._values[min(bisect_right(self._ends, rng.random() * self._ends[-1]), len(self._values) - 1)]
