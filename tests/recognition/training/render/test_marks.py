"""Seals, shields, stickers and bands."""

from collections.abc import Callable

import numpy as np
import pytest

from services.recognition.training.render import bands, marks, sprites
from services.recognition.training.render.design import Mark
from services.recognition.training.render.faces import BELGIAN
from services.recognition.training.render.paint import Box

GROUND = 127


def ground() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((80, 120, 3), GROUND, np.uint8)


@pytest.mark.parametrize("family", sorted(sprites.FAMILIES))
def test_a_sprite_stays_in_its_box(family: str) -> None:
    pixels, box = ground(), Box(30, 20, 40, 40)
    for seed in range(8):
        sprites.put(pixels, family, box, np.random.default_rng(seed))
    inside = pixels[20:60, 30:70].copy()
    pixels[19:61, 29:71] = GROUND
    assert (pixels == GROUND).all()
    assert (inside != GROUND).any()


@pytest.mark.parametrize("family", sorted(sprites.FAMILIES))
def test_a_sprite_over_the_edge_is_cut_off(family: str) -> None:
    for box in (Box(-20, -20, 40, 40), Box(100, 60, 40, 40), Box(300, 300, 40, 40)):
        sprites.put(ground(), family, box, np.random.default_rng(1))


@pytest.mark.parametrize("banded", [bands.euro_band, bands.flag_band, bands.shield_band, bands.oval_sign, bands.region])
def test_a_band_has_something_in_it(banded: Callable[[str], Mark]) -> None:
    pixels = ground()
    banded("SK")(pixels, Box(0, 0, 40, 80), np.random.default_rng(2))
    assert (pixels[:, :40] != GROUND).any()


def test_words_are_set_in_their_box_and_signs_nobody_has_are_left_out() -> None:
    pixels = ground()
    marks.lettering(pixels, "WWW.A-B\u20ac.BE", Box(10, 30, 100, 14), BELGIAN, (0, 0, 0))
    assert (pixels[30:44, 10:110] != GROUND).any()
    pixels[30:44, 10:110] = GROUND
    assert (pixels == GROUND).all()
