"""The stand-in reads what the simulator's marker says, from the pixels."""

import numpy as np
import pytest
from PIL import Image

from services.common.marker import MarkedPlate, draw_marker
from services.common.raster import Picture
from services.recognition import plate_likeness
from services.recognition.engine_standin import StandInEngine
from services.recognition.reading import Box, Colour, Seen
from tests.recognition.drawing import Drawn, bgr, encoded, frame

DRAWN = Drawn(("1-ABC-123",), 400, 300)
PLATE = MarkedPlate("1-ABC-123", "BE", (400, 300, DRAWN.width, 56), ((400, 300), (665, 300), (665, 356), (400, 356)))
OTHER = MarkedPlate("AB-12", "BE", (10, 20, 60, 20), ((10, 20), (70, 20), (70, 40), (10, 40)))


@pytest.mark.parametrize("quality", [60, 90])
def test_the_plates_of_the_marker_are_read_from_a_jpeg(quality: int) -> None:
    marked = draw_marker(bgr(frame(DRAWN)), [PLATE, OTHER])
    content = encoded(Image.fromarray(marked[:, :, ::-1]), quality=quality)
    found = plate_likeness.plates(Seen(1280, 720, StandInEngine().read(Picture(content))))
    assert [(plate.text, plate.raw) for plate in found] == [("AB12", "AB-12"), ("1ABC123", "1-ABC-123")]
    assert found[1].box == Box(400, 300, 265, 56)
    assert found[1].colour is Colour.RED_ON_WHITE
    assert found[1].country == "BE"


def test_without_a_marker_there_are_no_plates() -> None:
    assert StandInEngine().read(Picture.of(bgr(frame(DRAWN)))) == ()
    assert StandInEngine().read(Picture.of(np.zeros((1, 1, 3), np.uint8))) == ()


def test_a_box_outside_the_picture_is_no_trouble() -> None:
    away = MarkedPlate("1-ABC-123", "BE", (-50, 900, 10, 10), ((-50, 900), (-40, 900), (-40, 910), (-50, 910)))
    (box,) = StandInEngine().read(Picture.of(draw_marker(bgr(frame()), [away])))
    assert box.colour is Colour.UNKNOWN
