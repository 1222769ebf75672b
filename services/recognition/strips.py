"""The lines of a plate as small pictures, for a reader that wants them upright and of their own width."""

import cv2
import numpy as np

from services.common.raster import Pixels
from services.recognition.rectify import LOWER_START, UPPER_END, Quad, homography

# A general text reader wants a little more around the text than ours, and no line is longer than a plate of twelve characters.
MARGIN = 0.04
HEIGHT_PX, LEAST_WIDTH_PX, MOST_WIDTH_PX = 48, 48, 480
PNG = (cv2.IMWRITE_PNG_COMPRESSION, 1)


def strips(pixels: Pixels, corners: Quad, *, two_lines: bool) -> tuple[bytes, ...]:
    """A PNG of each line, from the upper one on. corners: (4, 2), clockwise from the top left, in these pixels."""
    edges = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    ratio = float((edges[0] + edges[2]) / max(edges[1] + edges[3], 1e-6))
    height_px = round(HEIGHT_PX / UPPER_END) if two_lines else HEIGHT_PX
    width_px = int(np.clip(round(ratio * height_px), LEAST_WIDTH_PX, MOST_WIDTH_PX))
    transform = homography(corners, width_px, height_px, MARGIN)
    size = (width_px, height_px)
    warped = cv2.warpPerspective(pixels, transform, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    upright = np.asarray(warped, np.uint8)
    if not two_lines:
        return (_png(upright),)
    return _png(upright[: round(UPPER_END * height_px)]), _png(upright[round(LOWER_START * height_px) :])


def _png(pixels: Pixels) -> bytes:
    return bytes(cv2.imencode(".png", pixels, PNG)[1])
