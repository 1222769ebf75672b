"""The arithmetic of a run, and that its counts survive the way from sender to judge."""

import os
from collections import Counter

import pytest
from hypothesis import given
from hypothesis.strategies import floats, lists

from tests.overload import processes, samples, tally
from tests.overload.processes import Usage
from tests.overload.samples import MB, Sample
from tests.overload.tally import Tally


def sample(at_s: float, usage: Usage) -> Sample:
    return Sample(at_s, {"part": usage}, at_s, Tally(), 0, 0, 0, frozenset())


@given(start=floats(-1e3, 1e3), rise=floats(-1e3, 1e3))
def test_a_line_is_found_again(start: float, rise: float) -> None:
    xs = [float(x) for x in range(10)]
    assert samples.slope(xs, [start + rise * x for x in xs]) == pytest.approx(rise, abs=1e-6)


@given(values=lists(floats(0, 1e6), min_size=1))
def test_percentiles_are_values_in_order(values: list[float]) -> None:
    found = [samples.percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (min(values), max(values))


def test_growth_counts_from_when_caches_are_warm() -> None:
    sizes = [10 * MB, 50 * MB, *(100 * MB + number * MB for number in range(8))]
    memory = samples.memory([sample(float(number), Usage(size, 0.0)) for number, size in enumerate(sizes)], "part")
    assert (memory.first_mb, memory.last_mb, memory.spread_mb) == (100, 107, 7)
    assert memory.grown_mb == pytest.approx(7)


def test_a_part_that_was_started_anew_does_not_run_backwards() -> None:
    seen = [sample(float(number), Usage(0, cpu_s)) for number, cpu_s in enumerate((10.0, 10.5, 0.0, 0.5))]
    assert samples.cores(seen, "part") == pytest.approx(1 / 3)


def test_a_tally_comes_through() -> None:
    sent = Tally(
        taken=3, refused=Counter({"OVERLOADED: too many": 2}), broken=Counter(UNAVAILABLE=1), latencies_ms=[1.5]
    )
    total = Tally(taken=1)
    total.add(tally.parse(sent.line().encode()))
    assert total == Tally(taken=4, refused=sent.refused, broken=sent.broken, latencies_ms=[1.5])


def test_this_process_uses_memory_and_time() -> None:
    usage = processes.usage({"me": os.getpid()})["me"]
    assert usage.rss_bytes > MB
    assert usage.cpu_s > 0
    assert processes.machine_busy_s() > usage.cpu_s
