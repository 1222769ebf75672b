"""Probabilities are measured and mended."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import booleans, floats, lists, tuples

from services.recognition import beam, calibration
from services.recognition.calibration import Isotonic

ANSWERS = lists(tuples(floats(0, 1), booleans()), min_size=1, max_size=60)


@given(answers=ANSWERS)
def test_a_fitted_curve_rises_and_stays_a_probability(answers: list[tuple[float, bool]]) -> None:
    given_, right = zip(*answers, strict=True)
    curve = calibration.isotonic(given_, right)
    values = [curve.applied(probability) for probability in np.linspace(0, 1, 21)]
    assert values == sorted(values)
    assert 0 < values[0] <= values[-1] < 1


@given(answers=ANSWERS)
def test_a_fitted_curve_has_every_knot_once(answers: list[tuple[float, bool]]) -> None:
    curve = calibration.isotonic(*zip(*answers, strict=True))
    assert list(curve.knots) == sorted(set(curve.knots))


def test_a_reader_that_claims_too_much_is_taken_back() -> None:
    rng = np.random.default_rng(1)
    claimed = rng.uniform(0.5, 1, 20_000)
    right = rng.random(20_000) < claimed**3
    curve = calibration.isotonic(claimed, right)
    mended = [curve.applied(one) for one in claimed]
    assert calibration.expected_error(claimed, right) > 0.1
    assert calibration.expected_error(mended, right) < 0.01
    assert curve.applied(0.9) == pytest.approx(0.9**3, abs=0.05)


def test_without_knots_a_curve_changes_nothing() -> None:
    assert Isotonic().applied(0.37) == 0.37


@pytest.mark.parametrize(("knots", "values"), [((0.5,), ()), ((0.5, 0.4), (0.1, 0.2)), ((0.1, 0.2), (0.9, 0.1))])
def test_a_curve_that_falls_is_none(knots: tuple[float, ...], values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="curve"):
        Isotonic(knots, values)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_sharpening(sharpness: float) -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (4000, 10))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truths = [rng.choice(10, p=row) for row in shares]

    def surprise(divisor: float) -> float:
        return float(
            -np.log(beam.softmax((logits * sharpness).astype(np.float32), divisor)[range(4000), truths]).mean()
        )

    assert calibration.least_surprising(surprise) == pytest.approx(sharpness, rel=0.08)


def test_bins_of_equal_mass_hold_as_many_answers_each() -> None:
    table = calibration.reliability(np.linspace(0, 1, 150), np.ones(150))
    assert {row.count for row in table} == {10}
    assert table[0].claimed < table[-1].claimed


def test_bins_of_equal_width_leave_out_the_empty_ones() -> None:
    table = calibration.reliability([0.05, 0.95, 0.96], [False, True, False], bins=10, equal_mass=False)
    assert [(row.count, round(row.claimed, 6), row.right) for row in table] == [(1, 0.05, 0.0), (2, 0.955, 0.5)]


@given(answers=ANSWERS)
def test_every_answer_is_in_one_bin(answers: list[tuple[float, bool]]) -> None:
    given_, right = zip(*answers, strict=True)
    for equal_mass in (True, False):
        table = calibration.reliability(given_, right, equal_mass=equal_mass)
        assert sum(row.count for row in table) == len(answers)
        assert 0 <= calibration.expected_error(given_, right, equal_mass=equal_mass) <= 1


def test_precision_is_of_the_surest_answers() -> None:
    assert calibration.precision_at([0.9, 0.8, 0.2, 0.1], [True, True, False, True], 0.5) == 1.0
    assert calibration.precision_at([0.9, 0.8, 0.2, 0.1], [True, True, False, True], 1.0) == 0.75
    assert calibration.precision_at([], [], 0.9) == 1.0


def test_among_equals_the_wrong_count_as_the_surest() -> None:
    assert calibration.precision_at([0.5, 0.5, 0.5, 0.5], [True, False, True, True], 0.25) == 0.0
