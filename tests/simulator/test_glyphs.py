"""Every character that a plate can bear is drawn, fills its box, and looks like no other."""

from itertools import combinations

import numpy as np
import pytest

from services.simulator.glyphs import PATHS, glyph, glyph_width

CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def test_letters_and_digits_are_complete() -> None:
    assert set(PATHS) == set(CHARACTERS)


@pytest.mark.parametrize("character", CHARACTERS)
def test_a_glyph_reaches_top_and_bottom_of_its_box(character: str) -> None:
    ink = glyph(character, max(12, round(60 * glyph_width(character))), 110, 15.0) > 127
    assert ink[:3].any()
    assert ink[-3:].any()
    assert 0.1 < ink.mean() <= (1.0 if character == "I" else 0.8)


def test_two_glyphs_differ_unless_they_are_the_letter_and_the_digit_o() -> None:
    for one, other in combinations(CHARACTERS, 2):
        difference = np.abs(glyph(one, 60, 110, 15.0).astype(int) - glyph(other, 60, 110, 15.0)).mean() / 255
        assert (difference == 0) if {one, other} == {"O", "0"} else difference > 0.02, one + other
