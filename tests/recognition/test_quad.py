"""Quadrilaterals."""

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, tuples

from services.recognition import quad
from services.recognition.reading import Box, Corners

SQUARE: Corners = ((10.0, 20.0), (50.0, 20.0), (50.0, 30.0), (10.0, 30.0))
CORNER = tuples(floats(-5000, 5000), floats(-5000, 5000))


def test_measures_of_an_upright_rectangle() -> None:
    assert (quad.width(SQUARE), quad.height(SQUARE), quad.tilt_degrees(SQUARE)) == (40, 10, 0)
    assert quad.centre(SQUARE) == (30, 25)
    assert quad.enclosing(SQUARE) == Box(10, 20, 40, 10)


def test_growing_keeps_the_centre() -> None:
    assert quad.grown(SQUARE, across=1.5, down=2.0) == ((0, 15), (60, 15), (60, 35), (0, 35))
    assert quad.grown(SQUARE, across=1.0, down=1.0) == SQUARE


def test_two_pieces_become_one() -> None:
    below: Corners = ((15.0, 32.0), (45.0, 32.0), (45.0, 42.0), (15.0, 42.0))
    right: Corners = ((60.0, 20.0), (90.0, 20.0), (90.0, 30.0), (60.0, 30.0))
    assert quad.above(SQUARE, below) == ((10, 20), (50, 20), (50, 42), (10, 42))
    assert quad.beside(SQUARE, right) == ((10, 20), (90, 20), (90, 30), (10, 30))


@given(corners=tuples(CORNER, CORNER, CORNER, CORNER), width=integers(1, 4000), height=integers(1, 4000))
def test_what_is_moved_into_the_picture_lies_in_it(corners: Corners, width: int, height: int) -> None:
    inside = quad.within(corners, width, height)
    assert all(0 <= x <= width and 0 <= y <= height for x, y in inside)
    box = quad.enclosing(inside)
    assert min(box.width, box.height) >= 1
    assert all(box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height for x, y in inside)


@pytest.mark.parametrize(("corner", "tilt"), [((50.0, 60.0), 45.0), ((10.0, 60.0), 90.0)])
def test_tilt_is_that_of_the_upper_edge(corner: tuple[float, float], tilt: float) -> None:
    assert quad.tilt_degrees((SQUARE[0], corner, SQUARE[2], SQUARE[3])) == pytest.approx(tilt)
