"""Probabilities that mean what they say: how far from it they are, and the two corrections that are fitted.

A temperature makes the network's logits as sharp as they should be, an isotonic curve mends what it says of whole texts,
where inserted and dropped characters show. Both are fitted on held-back pictures and travel with the model.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 15
TEMPERATURES = (0.2, 5.0)
SEARCH_STEPS = 20
SLOPE = 0.002
GOLDEN_RATIO = (5**0.5 - 1) / 2


@dataclass(frozen=True, slots=True)
class Isotonic:
    """A rising curve from probabilities as given (knots, rising) to probabilities as found (values); level outside.

    Without knots it changes nothing.
    """

    knots: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.knots) != len(self.values):
            raise ValueError("a curve has one value for each knot")
        if any(np.diff(self.knots) <= 0) or any(np.diff(self.values) < 0):
            raise ValueError("a curve rises")

    def applied(self, probability: float) -> float:
        """The probability as found for one as given."""
        if not self.knots:
            return probability
        return float(np.interp(probability, self.knots, self.values))


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same probability: how many, the mean of what was claimed, and the share that was right."""

    count: int
    claimed: float
    right: float


def least_surprising(surprise: Callable[[float], float]) -> float:
    """The temperature at which a mean surprise (negative log probability of the truths) is the least.

    A golden-section search: the surprise has one valley over the logarithm of the temperature.
    """
    low, high = (float(end) for end in np.log(TEMPERATURES))
    inner = [high - GOLDEN_RATIO * (high - low), low + GOLDEN_RATIO * (high - low)]
    found = [surprise(float(np.exp(place))) for place in inner]
    for _ in range(SEARCH_STEPS):
        if found[0] <= found[1]:
            high = inner[1]
            inner = [high - GOLDEN_RATIO * (high - low), inner[0]]
            found = [surprise(float(np.exp(inner[0]))), found[0]]
        else:
            low = inner[0]
            inner = [inner[1], low + GOLDEN_RATIO * (high - low)]
            found = [found[1], surprise(float(np.exp(inner[1])))]
    return float(np.exp((low + high) / 2))


def isotonic(probabilities: ArrayLike, is_right: ArrayLike) -> Isotonic:
    """The rising curve nearest to what was found, by pooling neighbours that fall (pool adjacent violators).

    No finite sample shows a certainty: values keep half an answer away from 0 and 1. And where the curve would be level it
    rises a little, so that of two answers the one that was given as the surer stays the surer.
    """
    given, found = _sorted(probabilities, is_right)
    blocks: list[tuple[float, float, float]] = []  # answers, sum of what was given, sum of what was right
    for claimed, right in zip(given, found, strict=True):
        blocks.append((1.0, float(claimed), float(right)))
        while len(blocks) > 1 and _must_pool(blocks[-2], blocks[-1]):
            last, before = blocks.pop(), blocks.pop()
            blocks.append((last[0] + before[0], last[1] + before[1], last[2] + before[2]))
    least = 0.5 / max(len(given), 1)
    curve = {claimed / count: float(np.clip(right / count, least, 1 - least)) for count, claimed, right in blocks}
    if curve:
        curve = {0.0: min(curve.values()), 1.0: max(curve.values())} | curve
    knots = sorted(curve)
    return Isotonic(tuple(knots), tuple((1 - SLOPE) * curve[knot] + SLOPE * knot for knot in knots))


def reliability(
    probabilities: ArrayLike, is_right: ArrayLike, *, bins: int = BINS, equal_mass: bool = True
) -> tuple[Bin, ...]:
    """What was claimed beside what was right, in bins of as many answers each, or of the same width; none is empty."""
    given, found = _sorted(probabilities, is_right)
    edges = np.linspace(0, len(given), bins + 1).round().astype(int)
    if not equal_mass:
        edges = np.searchsorted(given, np.linspace(0, 1, bins + 1)[1:-1], side="left")
        edges = np.array([0, *edges, len(given)])
    spans = [slice(start, end) for start, end in itertools.pairwise(edges) if end > start]
    return tuple(Bin(len(given[span]), float(given[span].mean()), float(found[span].mean())) for span in spans)


def expected_error(
    probabilities: ArrayLike, is_right: ArrayLike, *, bins: int = BINS, equal_mass: bool = True
) -> float:
    """Expected calibration error: the mean distance of claimed and right over the bins, by their answers; 0 for none."""
    table = reliability(probabilities, is_right, bins=bins, equal_mass=equal_mass)
    total = sum(row.count for row in table)
    return sum(row.count * abs(row.claimed - row.right) for row in table) / max(total, 1)


def precision_at(probabilities: ArrayLike, is_right: ArrayLike, coverage: float) -> float:
    """The share that is right among the `coverage` (0 to 1) most probable answers, at least one; 1 when there is none."""
    _, found = _sorted(probabilities, is_right)
    kept = found[len(found) - max(1, round(coverage * len(found))) :] if len(found) else found
    return float(kept.mean()) if len(kept) else 1.0


def _must_pool(lower: tuple[float, float, float], upper: tuple[float, float, float]) -> bool:
    """The curve would fall, or stand on one knot twice."""
    is_falling = lower[2] / lower[0] >= upper[2] / upper[0]
    return is_falling or lower[1] / lower[0] >= upper[1] / upper[0]


def _sorted(probabilities: ArrayLike, is_right: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    given, found = np.asarray(probabilities, np.float64), np.asarray(is_right, np.float64)
    # Among equals the wrong count as the surest, so that the order in which answers came cannot flatter them.
    order = np.lexsort((-found, given))
    return given[order], found[order]
