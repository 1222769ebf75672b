"""The lines of a plate as small pictures, for a reader that wants them upright and of their own width."""

import cv2
import numpy as np

from services.common.raster import Pixels
from services.recognition.rectify import LOWER_START, UPPER_END, Quad, aspect, upright

# A general text reader wants a little more around the text than ours, and no line is longer than a plate of twelve characters.
MARGIN = 0.04
HEIGHT_PX, LEAST_WIDTH_PX, MOST_WIDTH_PX = 48, 48, 480
PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1)


def strips(pixels: Pixels, corners: Quad, *, two_lines: bool) -> tuple[bytes, ...]:
    """A PNG of each line, from the upper one on. corners: (4, 2), clockwise from the top left, in these pixels."""
    height_px = round(HEIGHT_PX / UPPER_END) if two_lines else HEIGHT_PX
    width_px = int(np.clip(round(aspect(corners) * height_px), LEAST_WIDTH_PX, MOST_WIDTH_PX))
    whole = upright(pixels, corners, width_px, height_px, MARGIN)
    if not two_lines:
        return (_png(whole),)
    return _png(whole[: round(UPPER_END * height_px)]), _png(whole[round(LOWER_START * height_px) :])


def _png(pixels: Pixels) -> bytes:
    return bytes(cv2.imencode(".png", pixels, PNG)[1])
