"""A picture of any size on the canvas that the detector looks at: scaled as a whole, the rest filled with grey."""

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels

# What a look may cost, as an area. A canvas has the shape of the picture: a portrait would waste half of a landscape one.
AREA_PX = 640 * 384
# The network halves its input five times.
STEP_PX = 32
MOST_ENLARGED = 2.0
GREY = 114


@dataclass(frozen=True, slots=True)
class Canvas:
    """pixels: (h, w, 3). per_picture: canvas pixels per picture pixel, across and down; the picture is at the top left."""

    pixels: Pixels = field(repr=False)
    per_picture: tuple[float, float]

    def in_picture(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Points (..., 2) of the canvas as points of the picture."""
        return np.asarray(points / np.array(self.per_picture, np.float32), np.float32)


def letterboxed(pixels: Pixels) -> Canvas:
    """The whole picture (h, w, 3) on a canvas."""
    height, width = pixels.shape[:2]
    canvas_width, canvas_height, scale = canvas_of(width, height)
    size = max(1, min(round(width * scale), canvas_width)), max(1, min(round(height * scale), canvas_height))
    canvas = np.full((canvas_height, canvas_width, 3), GREY, np.uint8)
    canvas[: size[1], : size[0]] = _resized(pixels, size)
    return Canvas(canvas, (size[0] / width, size[1] / height))


@lru_cache(maxsize=64)
def canvas_of(width: int, height: int) -> tuple[int, int, float]:
    """Width and height of the canvas for a picture of this size, and its scale on it: as large as AREA_PX allows."""
    best = (0, 0, 0.0)
    for canvas_width in range(STEP_PX, AREA_PX // STEP_PX + 1, STEP_PX):
        canvas_height = AREA_PX // canvas_width // STEP_PX * STEP_PX
        scale = min(canvas_width / width, canvas_height / height, MOST_ENLARGED)
        if scale > best[2]:
            best = (canvas_width, canvas_height, scale)
    scale = best[2]
    return _whole_steps(width * scale), _whole_steps(height * scale), scale


def _whole_steps(length_px: float) -> int:
    return max(STEP_PX, -(-round(length_px) // STEP_PX) * STEP_PX)


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    height, width = pixels.shape[:2]
    if size == (width, height):
        return pixels
    method = cv2.INTER_AREA if size[0] < width else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8)
