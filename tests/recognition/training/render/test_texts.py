"""Invented texts and words."""

import re

import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from services.recognition.training.render import words
from services.recognition.training.render.texts import filled, number


@given(seed=integers(0, 1 << 32))
def test_a_personalised_text_keeps_the_rule_of_hyphens(seed: int) -> None:
    text = words.personalised(np.random.default_rng(seed))
    assert re.fullmatch(r"(?=.{1,9}$)(?=.*[A-Z])(?:[A-Z]+|\d+)(?:-(?:[A-Z]+|\d+))*", text)


@given(seed=integers(0, 1 << 32))
def test_a_template_is_filled_sign_by_sign(seed: int) -> None:
    assert re.fullmatch(r"[0-9A-Z]-[0-9A-Z]{3}~[0-9A-Z]{2}", filled(np.random.default_rng(seed), "#-@@@~%@"))


@given(seed=integers(0, 1 << 32), most=integers(1, 6))
def test_a_number_has_no_leading_zero(seed: int, most: int) -> None:
    assert 1 <= int(number(np.random.default_rng(seed), most)) < 10**most
