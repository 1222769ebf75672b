"""From a plate in a picture to the reader's input: upright, of one size, two lines side by side."""

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.alphabet import READER_HEIGHT_PX, READER_WIDTH_PX

# Each half of a plate of two lines reaches a little over its middle, since the lines seldom meet exactly there.
UPPER_END, LOWER_START = 0.54, 0.46
# A plate that is larger than the reader's input is averaged down from a multiple of it, so that no pixel is skipped.
LEAST_SHRINK, MOST_SHRINK = 0.4, 8

Quad = NDArray[np.float32]


def homography(corners: Quad, width_px: int, height_px: int, margin: float = 0.0) -> NDArray[np.float64]:
    """The 3 x 3 transform from the picture to an upright plate of this size.

    corners: (4, 2), clockwise from the top left. margin: what is shown around it at each side, in parts of the plate's
    width and height; negative cuts in.
    """
    across, down = margin / (1 + 2 * margin) * width_px, margin / (1 + 2 * margin) * height_px
    upright = np.array(
        [(across, down), (width_px - across, down), (width_px - across, height_px - down), (across, height_px - down)],
        np.float32,
    )
    return np.asarray(cv2.getPerspectiveTransform(np.asarray(corners, np.float32), upright), np.float64)


def edges(corners: Quad) -> NDArray[np.float32]:
    """Lengths (4,) of the upper, right, lower and left edge."""
    return np.asarray(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1), np.float32)


def aspect(corners: Quad) -> float:
    """Width to height of a plate, by the mean of its edges."""
    upper, right, lower, left = edges(corners)
    return float((upper + lower) / max(right + left, 1e-6))


def upright(pixels: Pixels, corners: Quad, width_px: int, height_px: int, margin: float = 0.0) -> Pixels:
    """The plate at this size; what lies outside of the picture repeats its edge."""
    transform, size = homography(corners, width_px, height_px, margin), (width_px, height_px)
    warped = cv2.warpPerspective(pixels, transform, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def half_homographies(corners: Quad, margin: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The transforms of the upper and the lower line, each to half the reader's width and its whole height."""
    whole = homography(corners, READER_WIDTH_PX // 2, READER_HEIGHT_PX, margin)
    upper = np.diag([1.0, 1 / UPPER_END, 1.0]) @ whole
    stretch = 1 / (1 - LOWER_START)
    moved_up = np.array([(1.0, 0.0, 0.0), (0.0, stretch, -LOWER_START * stretch * READER_HEIGHT_PX), (0.0, 0.0, 1.0)])
    return upper, moved_up @ whole


def rectified(pixels: Pixels, corners: Quad, margin: float = 0.0, *, two_lines: bool = False) -> Pixels:
    """The reader's input (READER_HEIGHT_PX x READER_WIDTH_PX x 3, BGR) of the plate with these corners.

    two_lines: the upper and the lower half side by side.
    """
    transforms: tuple[NDArray[np.float64], ...] = (homography(corners, READER_WIDTH_PX, READER_HEIGHT_PX, margin),)
    if two_lines:
        transforms = half_homographies(corners, margin)
    width_px = READER_WIDTH_PX // len(transforms)
    shrink = _shrink(corners, width_px, READER_HEIGHT_PX * len(transforms))
    return np.hstack([_warped(pixels, transform, width_px, shrink) for transform in transforms])


def _shrink(corners: Quad, width_px: int, height_px: int) -> int:
    """How many pixels of the picture fall on one of the answer, across or down, whichever is more."""
    upper, right, lower, left = edges(corners)
    ratio = max(upper / width_px, lower / width_px, right / height_px, left / height_px)
    return int(np.clip(np.ceil(ratio - LEAST_SHRINK), 1, MOST_SHRINK))


def _warped(pixels: Pixels, transform: NDArray[np.float64], width_px: int, shrink: int) -> Pixels:
    """A part of the picture; what lies outside of it repeats its edge."""
    size = (width_px * shrink, READER_HEIGHT_PX * shrink)
    enlarged = np.diag([float(shrink), float(shrink), 1.0]) @ transform
    warped = cv2.warpPerspective(pixels, enlarged, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if shrink > 1:
        warped = cv2.resize(warped, (width_px, READER_HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(warped, np.uint8)
