"""Colours of drawn plates, by day and in coloured light."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import integers, tuples
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from services.recognition.colour import classify
from services.recognition.reading import Colour
from tests.recognition.drawing import BLACK, RUBY, WHITE, YELLOW, Drawn, bgr, frame

GREEN, BLUE, TRAFFIC_RED = (40, 114, 51), (20, 40, 160), (193, 18, 28)
PLATES = [
    (RUBY, WHITE, Colour.RED_ON_WHITE),
    (BLACK, WHITE, Colour.BLACK_ON_WHITE),
    (BLACK, YELLOW, Colour.BLACK_ON_YELLOW),
    (GREEN, WHITE, Colour.GREEN_ON_WHITE),
    (BLUE, WHITE, Colour.BLUE_ON_WHITE),
    (WHITE, TRAFFIC_RED, Colour.WHITE_ON_RED),
]


def crop(text: tuple[int, int, int], ground: tuple[int, int, int], *, blur_px: float = 0.6) -> Image.Image:
    plate = Drawn(("1-ABC-123",), 300, 300, text=text, ground=ground)
    left = plate.left + plate.height // 2
    return frame(plate, blur_px=blur_px).crop(
        (left, plate.top + 6, plate.left + plate.width - 8, plate.top + plate.height - 6)
    )


@pytest.mark.parametrize(("text", "ground", "colour"), PLATES)
@pytest.mark.parametrize("blur_px", [0.3, 1.2])
@pytest.mark.parametrize("light", [1.0, 0.6])
def test_the_colours_of_a_plate(
    text: tuple[int, int, int], ground: tuple[int, int, int], colour: Colour, blur_px: float, light: float
) -> None:
    seen = bgr(crop(text, ground, blur_px=blur_px).point([round(value * light) for value in range(256)] * 3))
    assert classify(seen) is colour


@pytest.mark.parametrize("cast", [(1.0, 0.75, 0.7), (0.8, 0.9, 1.0), (1.0, 0.85, 0.95)])
def test_light_of_another_colour_does_not_make_black_text_red(cast: tuple[float, float, float]) -> None:
    seen = bgr(crop(BLACK, WHITE)) * np.array(cast[::-1])
    assert classify(seen.astype(np.uint8)) in (Colour.BLACK_ON_WHITE, Colour.UNKNOWN)


def test_what_is_dull_or_tiny_has_no_colour() -> None:
    assert classify(np.full((20, 80, 3), 90, np.uint8)) is Colour.UNKNOWN
    assert classify(np.zeros((3, 80, 3), np.uint8)) is Colour.UNKNOWN
    assert classify(np.zeros((0, 0, 3), np.uint8)) is Colour.UNKNOWN
    night = crop(RUBY, WHITE).point([value // 9 for value in range(256)] * 3).filter(ImageFilter.GaussianBlur(2))
    assert classify(bgr(night)) is Colour.UNKNOWN


@given(pixels=tuples(integers(0, 40), integers(0, 60)).flatmap(lambda size: arrays(np.uint8, (*size, 3))))
@settings(max_examples=60, deadline=None)
def test_any_picture_has_some_colour(pixels: NDArray[np.uint8]) -> None:
    assert classify(pixels) in Colour
