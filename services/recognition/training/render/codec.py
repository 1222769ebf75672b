"""What is lost on the way from the camera: sampling, video blocks, JPEG."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.common.raster import Pixels

Plane = NDArray[np.float32]


def resampled(pixels: Pixels, part: float, coarse: bool) -> Pixels:
    """Down to this part of its size and up again: a digital zoom, or a frame that was scaled for sending."""
    height, width = pixels.shape[:2]
    small = (max(4, round(width * part)), max(4, round(height * part)))
    down = cv2.resize(pixels, small, interpolation=cv2.INTER_LINEAR if coarse else cv2.INTER_AREA)
    up = cv2.INTER_NEAREST if coarse and part > 0.8 else cv2.INTER_LINEAR if coarse else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(down, (width, height), interpolation=up), np.uint8)


def as_video(pixels: Pixels, rng: Generator, *, step: float, side_px: int, dropped: float) -> Pixels:
    """Blocks of side_px whose cosine parts are rounded to multiples of `step`, as video codecs round them.

    dropped: the share of blocks that keep their lowest parts only, like those that a codec did not send anew.
    """
    luma, *chroma = (plane.astype(np.float32) for plane in cv2.split(cv2.cvtColor(pixels, cv2.COLOR_BGR2YCrCb)))
    planes = [_smooth_seams(_rounded(luma, rng, step, side_px, dropped), side_px, step)]
    height, width = luma.shape
    for plane in chroma:
        half = np.asarray(
            cv2.resize(plane, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA), np.float32
        )
        planes.append(np.asarray(cv2.resize(_rounded(half, rng, step * 1.3, 4, 0.0), (width, height)), np.float32))
    joined = np.clip(np.dstack(planes) + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(joined, cv2.COLOR_YCrCb2BGR), np.uint8)


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """There and back through a JPEG."""
    _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _rounded(plane: Plane, rng: Generator, step: float, side: int, dropped: float) -> Plane:
    height, width = plane.shape
    whole = np.pad(plane, ((0, -height % side), (0, -width % side)), mode="edge")
    rows, columns = whole.shape[0] // side, whole.shape[1] // side
    blocks = whole.reshape(rows, side, columns, side).swapaxes(1, 2) - np.float32(128)
    waves = _waves(side)
    parts = waves @ blocks @ waves.T
    steps = np.float32(step) * _coarseness(side)
    parts = np.sign(parts) * np.floor(np.abs(parts) / steps + np.float32(0.35)) * steps
    if dropped:
        parts[(rng.random((rows, columns)) < dropped)[..., None, None] & (_coarseness(side) > 1.3)] = 0
    blocks = waves.T @ parts @ waves + np.float32(128)
    return np.ascontiguousarray(blocks.swapaxes(1, 2).reshape(whole.shape)[:height, :width])


def _smooth_seams(plane: Plane, side: int, step: float) -> Plane:
    """Evens out small jumps between blocks, down and across."""
    for _ in range(2):
        plane = np.ascontiguousarray(plane.T)
        last = plane.shape[0] - 1
        before = np.arange(side - 1, last, side)
        jump = plane[before + 1] - plane[before]
        jump = np.where(np.abs(jump) < step * 1.5, jump, 0)
        plane[before] += jump / 3
        plane[before + 1] -= jump / 3
    return plane


@lru_cache(maxsize=4)
def _waves(side: int) -> Plane:
    """The orthonormal cosine transform of this many samples."""
    sample, wave = np.arange(side) + 0.5, np.arange(side)
    cosines = np.cos(np.pi / side * wave[:, None] * sample[None, :]) * np.sqrt(2 / side)
    cosines[0] /= np.sqrt(2)
    return np.asarray(cosines, np.float32)


@lru_cache(maxsize=4)
def _coarseness(side: int) -> Plane:
    """Fine parts are rounded up to twice as coarsely as flat ones."""
    wave = np.arange(side)
    return (1 + (wave[:, None] + wave[None, :]) / (2 * side - 2)).astype(np.float32)
