"""Ratios and targets."""

import pytest

from bench.measure import Round
from bench.row import Bound, Later, Ratio, Row, Series, Target, series


def row(ours: tuple[float, ...], peer: tuple[float, ...], *, less: bool = False, target: Target | None = None) -> Row:
    cpu_us = (100.0,) * len(ours)
    return Row(
        "what", "ms" if less else "1/s", Series("us", ours, cpu_us), Series("them", peer, cpu_us), less, target=target
    )


def test_a_ratio_is_that_of_the_rounds_side_by_side() -> None:
    """A machine that is slow for a while is so for both: 10 of 20, 40 of 100 and 6 of 10."""
    found = row((10.0, 40.0, 6.0), (20.0, 100.0, 10.0))
    assert found.ratios == (0.5, 0.4, 0.6)
    assert found.ratio == 0.5


def test_above_one_is_better_for_times_too() -> None:
    assert row((2.0,), (4.0,), less=True).ratio == 2.0


@pytest.mark.parametrize(
    ("target", "ours", "verdict"),
    [
        (Ratio(0.5), 50.0, "yes"),
        (Ratio(0.5), 49.9, "NO"),
        (Bound("<=", 50, "ms"), 50.0, "yes"),
        (Bound("<=", 50, "ms"), 50.1, "NO"),
        (Bound(">=", 60, "/s"), 60.0, "yes"),
        (Bound(">=", 60, "/s"), 59.9, "NO"),
        (Later("later"), 1.0, "-"),
        (None, 1.0, ""),
    ],
)
def test_a_target_holds_or_is_shown_as_missed(target: Target | None, ours: float, verdict: str) -> None:
    assert row((ours,), (100.0,), target=target).verdict == verdict


def test_a_target_is_judged_by_the_median() -> None:
    assert row((10.0, 49.0, 900.0), (1.0, 1.0, 1.0), less=True, target=Bound("<=", 50, "ms")).verdict == "yes"


def test_a_series_takes_one_figure_of_each_round() -> None:
    rounds = [Round(1, (1.0, 2.0), 0.1, 5.0), Round(1, (3.0, 4.0), 0.1, 6.0)]
    assert series("us", rounds, 1) == Series("us", (2.0, 4.0), (5.0, 6.0))
