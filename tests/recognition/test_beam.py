"""The probability of a text is that of all ways to spell it out, and the search finds the likeliest."""

import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers
from numpy.typing import NDArray

from services.recognition import beam

BLANK = 3
CLASSES = 4


def columns(count: int, seed: int, spread: float = 2.0) -> beam.Columns:
    logits = np.random.default_rng(seed).normal(size=(count, CLASSES)).astype(np.float32) * spread
    return beam.softmax(logits)


def by_hand(given_columns: beam.Columns) -> dict[beam.Text, float]:
    """Every path, spelt out."""
    found: dict[beam.Text, float] = defaultdict(float)
    for path in itertools.product(range(CLASSES), repeat=len(given_columns)):
        text = tuple(one for one, _ in itertools.groupby(path) if one != BLANK)
        found[text] += float(np.prod(given_columns[range(len(path)), path]))
    return found


@given(count=integers(1, 5), seed=integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_a_probability_is_that_of_all_ways_to_spell_the_text_out(count: int, seed: int) -> None:
    given_columns = columns(count, seed)
    for text, probability in by_hand(given_columns).items():
        assert beam.probability(given_columns, text, BLANK) == pytest.approx(probability, abs=1e-9)


@given(count=integers(1, 5), seed=integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_a_search_wide_enough_finds_the_likeliest_text_and_its_probability(count: int, seed: int) -> None:
    given_columns = columns(count, seed)
    truth = by_hand(given_columns)
    first, *_ = beam.search(given_columns, BLANK, width=1000)
    assert first.probability == pytest.approx(max(truth.values()), abs=1e-2)
    assert truth[first.text] == pytest.approx(max(truth.values()), abs=1e-2)


@given(count=integers(1, 40), seed=integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_what_a_search_says_of_a_text_is_never_more_than_its_probability(count: int, seed: int) -> None:
    given_columns = columns(count, seed)
    found = beam.search(given_columns, BLANK)
    assert [one.probability for one in found] == sorted((one.probability for one in found), reverse=True)
    for one in found:
        assert one.probability <= beam.probability(given_columns, one.text, BLANK) + 1e-9


def test_a_text_longer_than_its_columns_is_impossible() -> None:
    assert beam.probability(columns(3, 1), (0, 0, 0), BLANK) == 0
    assert beam.probability(columns(3, 1), (0, 1, 2, 0), BLANK) == 0


def spelt(*best: int) -> beam.Columns:
    """Each column sure of its class."""
    sure = np.full((len(best), CLASSES), 0.02)
    sure[range(len(best)), best] = 0.94
    return sure


def test_alternatives_are_those_of_the_surest_column() -> None:
    given_columns = spelt(BLANK, 0, 0, BLANK, 1, BLANK)
    given_columns[2] = (0.97, 0.01, 0.01, 0.01)
    given_columns[4] = (0.3, 0.5, 0.1, 0.1)
    assert beam.greedy(given_columns, BLANK) == (0, 1)
    shares = beam.alternatives(given_columns, (0, 1), BLANK)
    assert shares[0] == pytest.approx(np.array((0.97, 0.01, 0.01, 0)) / 0.99)
    assert shares[1] == pytest.approx(np.array((0.3, 0.5, 0.1, 0)) / 0.9)


@given(count=integers(4, 30), seed=integers(0, 10**6), length=integers(0, 2))
@settings(deadline=None, max_examples=40)
def test_any_text_that_can_stand_there_has_alternatives(count: int, seed: int, length: int) -> None:
    text = tuple(np.random.default_rng(seed).integers(0, BLANK, length).tolist())
    shares = beam.alternatives(columns(count, seed), text, BLANK)
    assert shares.shape == (length, CLASSES)
    assert shares.sum(axis=1) == pytest.approx(np.ones(length))
    assert not shares[:, BLANK].any()


def test_probabilities_of_logits_are_softened_by_a_temperature() -> None:
    logits: NDArray[np.float32] = np.array([[0.0, 2.0]], np.float32)
    assert beam.softmax(logits)[0, 1] == pytest.approx(1 / (1 + np.exp(-2)))
    assert beam.softmax(logits, 2.0)[0, 1] == pytest.approx(1 / (1 + np.exp(-1)))
