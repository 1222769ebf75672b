"""The detector's canvas."""

import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from services.recognition import letterbox
from services.recognition.letterbox import AREA_PX, STEP_PX


@given(width=integers(1, 9000), height=integers(1, 9000))
def test_a_canvas_has_whole_steps_and_no_more_than_the_area(width: int, height: int) -> None:
    canvas_width, canvas_height, scale = letterbox.canvas_of(width, height)
    assert canvas_width % STEP_PX == canvas_height % STEP_PX == 0
    assert 0 < canvas_width * canvas_height <= AREA_PX
    assert round(width * scale) <= canvas_width
    assert round(height * scale) <= canvas_height


def test_a_street_frame_lies_on_the_canvas_that_was_trained_for() -> None:
    assert letterbox.canvas_of(1280, 720) == (640, 384, 0.5)
    assert letterbox.canvas_of(640, 360) == (640, 384, 1.0)


def test_a_portrait_gets_a_portrait_canvas() -> None:
    width, height, _ = letterbox.canvas_of(1200, 1600)
    assert height > width


@given(width=integers(2, 1500), height=integers(2, 1500))
def test_the_corners_of_the_canvas_picture_are_those_of_the_picture(width: int, height: int) -> None:
    canvas = letterbox.letterboxed(np.zeros((height, width, 3), np.uint8))
    shown = np.array(canvas.per_picture) * (width, height)
    corner = canvas.in_picture(np.array([shown], np.float32))
    np.testing.assert_allclose(corner, [(width, height)], rtol=1e-4)


def test_the_rest_is_grey() -> None:
    canvas = letterbox.letterboxed(np.zeros((720, 1280, 3), np.uint8))
    assert (canvas.pixels[360:] == letterbox.GREY).all()
    assert (canvas.pixels[:360] == 0).all()
