"""Ours and its peer in turns, A B A B: whatever else the machine does at the time hits both."""

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench import cpu


@dataclass(frozen=True, slots=True)
class Tally:
    """What a side says of one round: how many items it did, and its figures in the order of the bench's rows."""

    items: int
    figures: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One round as measured. cpu_us: CPU time of all processes involved, per item, in microseconds."""

    items: int
    figures: tuple[float, ...]
    seconds: float
    cpu_us: float


@dataclass(frozen=True, slots=True)
class Side:
    """One of those compared. roots: process ids whose CPU time, with that of all below them, belongs to it; ours always does."""

    name: str
    run: Callable[[], Awaitable[Tally]]
    roots: tuple[int, ...] = ()


async def interleaved(sides: Sequence[Side], *, rounds: int, warm_up: bool = True) -> list[list[Round]]:
    """The rounds of each side. All run once, unmeasured, before, unless `warm_up` is False."""
    if warm_up:
        for side in sides:
            await side.run()
    measured: list[list[Round]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, results in zip(sides, measured, strict=True):
            results.append(await _measure(side))
    return measured


async def _measure(side: Side) -> Round:
    cpu_before, began = cpu.spent_s(side.roots), time.perf_counter()
    tally = await side.run()
    seconds = time.perf_counter() - began
    cpu_us = (cpu.spent_s(side.roots) - cpu_before) * 1e6 / tally.items
    return Round(tally.items, tally.figures, seconds, cpu_us)


def per_second(items: int, began: float) -> Tally:
    """Items a second since `began`, a time of time.perf_counter()."""
    return Tally(items, (items / (time.perf_counter() - began),))


def latencies(seconds: Sequence[float]) -> Tally:
    """Median and 99th percentile in milliseconds."""
    ordered = sorted(seconds)
    return Tally(len(ordered), (percentile(ordered, 0.5) * 1e3, percentile(ordered, 0.99) * 1e3))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
