"""What is measured each second, and what is computed from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.overload.processes import Usage
from tests.overload.tally import Tally

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment. waiting, read, done: frames in the database; unhealthy: services that did not say SERVING."""

    at_s: float
    usage: Mapping[str, Usage]
    busy_s: float
    tally: Tally
    waiting: int
    read: int
    done: int
    unhealthy: frozenset[str]


@dataclass(frozen=True, slots=True)
class Memory:
    """How the memory of a part went. grown_mb: the fitted line over the whole span; spread_mb: between least and most."""

    first_mb: float
    last_mb: float
    grown_mb: float
    spread_mb: float


def memory(samples: Sequence[Sample], name: str) -> Memory:
    """Over the last four fifths of the samples: before that, caches fill. Samples without the part are left out."""
    kept = [one for one in samples[len(samples) // 5 :] if name in one.usage]
    times, sizes = [one.at_s for one in kept], [one.usage[name].rss_bytes / MB for one in kept]
    return Memory(sizes[0], sizes[-1], slope(times, sizes) * (times[-1] - times[0]), max(sizes) - min(sizes))


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of the least-squares line."""
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((one - x) ** 2 for one in xs)
    return sum((one - x) * (two - y) for one, two in zip(xs, ys, strict=True)) / spread if spread else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def cores(samples: Sequence[Sample], name: str) -> float:
    """Processor cores that a part kept busy, on average over the time in which it was there."""
    busy_s = span_s = 0.0
    for before, after in pairwise(samples):
        if name in before.usage and name in after.usage:
            busy_s += max(0.0, after.usage[name].cpu_s - before.usage[name].cpu_s)  # less: it was started anew
            span_s += after.at_s - before.at_s
    return busy_s / span_s if span_s else 0.0


def machine(samples: Sequence[Sample]) -> float:
    """Cores that the whole machine kept busy, with all that ran beside us."""
    return (samples[-1].busy_s - samples[0].busy_s) / (samples[-1].at_s - samples[0].at_s)
