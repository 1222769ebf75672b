"""Conditions."""

import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from services.recognition.training import weather
from services.recognition.training.backdrops import procedural_background


@given(seed=integers(0, 10_000))
def test_any_conditions_leave_a_picture_of_the_same_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = procedural_background(rng, (96, 64))
    changed = weather.changed(rng, picture)
    assert changed.shape == picture.shape
    assert changed.dtype == np.uint8


def test_conditions_depend_on_the_seed_alone() -> None:
    picture = procedural_background(np.random.default_rng(1), (96, 64))
    one, other = (weather.changed(np.random.default_rng(2), picture) for _ in range(2))
    np.testing.assert_array_equal(one, other)
