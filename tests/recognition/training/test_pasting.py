"""Plates laid into a picture and taken out of it."""

import numpy as np
from hypothesis import given
from hypothesis.strategies import floats, integers

from services.recognition.training import pasting

QUAD = np.array([(40, 30), (120, 34), (120, 56), (40, 52)], np.float32)


def test_a_pasted_plate_lies_inside_its_corners_and_nowhere_else() -> None:
    picture = np.zeros((96, 160, 3), np.uint8)
    plate = np.full((80, 380, 3), 235, np.uint8)
    pasting.paste(np.random.default_rng(1), picture, plate, QUAD, white=220, blur_px=0.0)
    assert picture[44, 80].min() > 150
    assert picture[30:56, :38].max() == picture[:28].max() == picture[60:].max() == 0


def test_the_edge_of_a_pasted_plate_is_where_its_corners_are() -> None:
    picture = np.zeros((96, 160, 3), np.uint8)
    upright = np.array([(40, 30), (120, 30), (120, 50), (40, 50)], np.float32)
    pasting.paste(
        np.random.default_rng(2), picture, np.full((80, 320, 3), 235, np.uint8), upright, white=235, blur_px=0.0
    )
    column = picture[:, 80, 1].astype(float)
    row = picture[40, :, 1].astype(float)
    assert abs(column.sum() / column.max() - 20) < 1.5
    assert abs(int((row > row.max() / 3).sum()) - 80) <= 2


def test_nothing_of_a_covered_plate_can_be_found() -> None:
    for seed in range(12):
        picture = np.full((96, 160, 3), 90, np.uint8)
        picture[32:54:2, 42:118] = 250
        pasting.cover(np.random.default_rng(seed), picture, QUAD)
        assert picture.max() < 130


@given(seed=integers(0, 1000), x=floats(-50, 200), y=floats(-50, 150), width=floats(4, 300))
def test_any_place_can_be_covered_and_pasted_over(seed: int, x: float, y: float, width: float) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 255, (96, 160, 3), dtype=np.uint8)
    quad = pasting.posed(rng, (x, y), width, 4.7)
    pasting.cover(rng, picture, quad)
    pasting.paste(rng, picture, np.full((80, 380, 3), 235, np.uint8), quad, white=200, blur_px=0.6)
    assert 0 <= pasting.visible_share(quad, (160, 96)) <= 1 + 1e-6


def test_a_plate_half_outside_is_half_visible() -> None:
    quad = np.array([(-40, 10), (40, 10), (40, 30), (-40, 30)], np.float32)
    assert abs(pasting.visible_share(quad, (160, 96)) - 0.5) < 1e-6
