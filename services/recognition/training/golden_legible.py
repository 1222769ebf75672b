"""Whether a person could read the plate in a golden picture, from the picture and the clean drawing: no reader is asked.

The limits are those of `render.legible`: the lowest character has so many pixels; and in the plate as it is cut out for
reading, the weakest character keeps some contrast and resembles itself as drawn.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.alphabet import READER_HEIGHT_PX, READER_WIDTH_PX
from services.recognition.reading import Layout
from services.recognition.rectify import LOWER_START, UPPER_END, Quad, rectified
from services.recognition.training.pasting import outline
from services.recognition.training.render.legible import (
    AROUND_PX,
    EYE_PX,
    LEAST_CHARACTER_PX,
    LEAST_CONTRAST,
    LEAST_LIKENESS,
)
from services.recognition.training.render.plate import CharacterBox, PlateArt

Grey = NDArray[np.float32]
# A character on a picture of one grey has nothing that could be compared.
LEAST_DEVIATION = 0.5


def is_legible(art: PlateArt, picture: Pixels, corners: Quad) -> bool:
    """corners (4, 2): of the plate in the picture, clockwise from the top left."""
    height, width = art.pixels.shape[:2]
    two_lines = art.layout == Layout.TWO_LINES
    lowest_px = min(box.height for box in art.characters) / height * _height_px(corners)
    if lowest_px < LEAST_CHARACTER_PX:
        return False
    drawn = _looked_at(rectified(art.pixels, outline(width, height), two_lines=two_lines))
    seen = _looked_at(rectified(picture, corners, two_lines=two_lines))
    return all(_is_itself(drawn[place], seen[place]) for place in _places(art, two_lines=two_lines))


def _height_px(corners: Quad) -> float:
    return float(np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2


def _looked_at(pixels: Pixels) -> Grey:
    """With the eye's own smoothing."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), EYE_PX), np.float32)


def _places(art: PlateArt, *, two_lines: bool) -> Iterator[tuple[slice, slice]]:
    """Where each character stands in the plate as it is cut out for reading, with a little of the ground around it."""
    for box in art.characters:
        left, top, right, bottom = _in_reader(box, art, two_lines=two_lines)
        rows = slice(max(0, int(top) - AROUND_PX), int(np.ceil(bottom)) + AROUND_PX)
        yield rows, slice(max(0, int(left) - AROUND_PX), int(np.ceil(right)) + AROUND_PX)


def _in_reader(box: CharacterBox, art: PlateArt, *, two_lines: bool) -> tuple[float, float, float, float]:
    height, width = art.pixels.shape[:2]
    across, down = READER_WIDTH_PX / width, READER_HEIGHT_PX / height
    if not two_lines:
        return box.x * across, box.y * down, (box.x + box.width) * across, (box.y + box.height) * down
    across, down = across / 2, down / UPPER_END
    start_x, start_y = (READER_WIDTH_PX / 2, LOWER_START * height * down) if box.line else (0.0, 0.0)
    return (
        box.x * across + start_x,
        box.y * down - start_y,
        (box.x + box.width) * across + start_x,
        (box.y + box.height) * down - start_y,
    )


def _is_itself(drawn: Grey, seen: Grey) -> bool:
    wanted, given = drawn - drawn.mean(), seen - seen.mean()
    if min(wanted.std(), given.std()) < LEAST_DEVIATION:
        return False
    common = float((wanted * given).sum())
    contrast = 2 * float(wanted.std()) * common / float((wanted**2).sum())
    likeness = common / float(np.sqrt((wanted**2).sum() * (given**2).sum()))
    return contrast >= LEAST_CONTRAST and likeness >= LEAST_LIKENESS
