"""Drawn plates: what holds for every kind and every seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers, sampled_from

from services.recognition.alphabet import CHARACTERS, COUNTRIES
from services.recognition.training.render import plate

KINDS = sampled_from(sorted(plate.KINDS))
SEEDS = integers(0, 1 << 32)
FEW = settings(deadline=None)


def drawn(kind: str, seed: int) -> plate.PlateArt:
    return plate.draw(np.random.default_rng(seed), kind)


@pytest.mark.parametrize("kind", sorted(plate.KINDS))
def test_every_kind_draws(kind: str) -> None:
    art = drawn(kind, 1)
    assert art.pixels.dtype == np.uint8
    assert art.pixels.flags["C_CONTIGUOUS"]
    assert 1 <= len(art.text) <= 10


@FEW
@given(kind=KINDS, seed=SEEDS)
def test_the_text_is_what_the_characters_say(kind: str, seed: int) -> None:
    art = drawn(kind, seed)
    assert art.text == "".join(box.character for box in art.characters)
    assert set(art.text) <= set(CHARACTERS)
    assert art.country in COUNTRIES


@FEW
@given(kind=KINDS, seed=SEEDS)
def test_characters_lie_inside_the_plate(kind: str, seed: int) -> None:
    art = drawn(kind, seed)
    height, width = art.pixels.shape[:2]
    for box in art.characters:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width
        assert box.y + box.height <= height


@FEW
@given(kind=KINDS, seed=SEEDS)
def test_characters_stand_in_reading_order_and_do_not_overlap(kind: str, seed: int) -> None:
    art = drawn(kind, seed)
    lines = [box.line for box in art.characters]
    assert lines == sorted(lines)
    assert set(lines) == (set(range(2)) if art.layout == "two-lines" else {0})
    for first, second in zip(art.characters, art.characters[1:], strict=False):
        if first.line == second.line:
            assert first.x + first.width <= second.x + 1
        else:
            assert first.y + first.height <= second.y + 1


@FEW
@given(kind=KINDS, seed=SEEDS)
def test_a_line_is_about_eighty_pixels_high(kind: str, seed: int) -> None:
    art = drawn(kind, seed)
    assert 70 <= art.pixels.shape[0] / (2 if art.layout == "two-lines" else 1) <= 110


@FEW
@given(kind=KINDS, seed=SEEDS)
def test_the_same_seed_gives_the_same_plate(kind: str, seed: int) -> None:
    first, second = drawn(kind, seed), drawn(kind, seed)
    assert first.characters == second.characters
    assert np.array_equal(first.pixels, second.pixels)


@FEW
@given(kind=KINDS, seed=SEEDS)
def test_every_character_stands_out_from_the_ground(kind: str, seed: int) -> None:
    art = drawn(kind, seed)
    for box in art.characters:
        part = art.pixels[box.y : box.y + box.height, max(box.x - 3, 0) : box.x + box.width + 3].astype(int)
        assert np.ptp(part.reshape(-1, 3), axis=0).max() > 40


def test_a_plate_does_not_show_its_text_in_a_log() -> None:
    art = drawn("BE_STD_2010", 3)
    assert art.text not in repr(art)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        drawn("XX", 1)
