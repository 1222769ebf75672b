"""What an evaluation shows a detector: licensed frames as they are, smaller ones side by side, and ones without plates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.training import frames, pasting
from services.recognition.training.frames import Boxes, Frame

GREY = 114
ZOOM = (1.2, 2.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture (h, w, 3) and the plates in it. not_judged: where one may be told or not. Boxes: (k, 4) in pixels."""

    name: str
    pixels: Pixels = field(repr=False)
    boxes: Boxes
    not_judged: Boxes


def whole(among: Sequence[Frame]) -> list[Shown]:
    """The frames as they are."""
    return [Shown(frame.path.stem, frames.levels(frame.path)[0], frame.boxes, frame.not_judged) for frame in among]


def smaller(pictures: Sequence[Shown], side: int) -> list[Shown]:
    """Pictures of the same size with side x side of the given ones on each, so that plates are that much narrower."""
    count = side * side
    return [_mosaic(pictures[start : start + count], side) for start in range(0, len(pictures), count)]


def _mosaic(pictures: Sequence[Shown], side: int) -> Shown:
    height, width = pictures[0].pixels.shape[:2]
    page = np.full((height, width, 3), GREY, np.uint8)
    size = width // side, height // side
    boxes, not_judged = [], []
    for place, shown in enumerate(pictures):
        row, column = divmod(place, side)
        left, top = column * size[0], row * size[1]
        page[top : top + size[1], left : left + size[0]] = cv2.resize(shown.pixels, size, interpolation=cv2.INTER_AREA)
        scale = np.array(size * 2, np.float32) / np.array(shown.pixels.shape[1::-1] * 2, np.float32)
        moved = np.array((left, top) * 2, np.float32)
        boxes.append(shown.boxes * scale + moved)
        not_judged.append(shown.not_judged * scale + moved)
    return Shown(pictures[0].name, page, np.concatenate(boxes), np.concatenate(not_judged))


def plate_free(pictures: Sequence[Shown], count: int, seed: int) -> list[Shown]:
    """So many without a plate: the pictures with every plate taken out, the same mirrored, then enlarged parts of them."""
    rng = np.random.default_rng(seed)
    covered = [(shown.name, without_plates(rng, shown)) for shown in pictures]
    empty = covered + [(name, np.ascontiguousarray(pixels[:, ::-1])) for name, pixels in covered]
    while covered and len(empty) < count:
        name, pixels = covered[int(rng.integers(len(covered)))]
        empty.append((name, _enlarged_part(rng, pixels)))
    nothing: Boxes = np.zeros((0, 4), np.float32)
    return [Shown(name, pixels, nothing, nothing) for name, pixels in empty[:count]]


def without_plates(rng: Generator, shown: Shown) -> Pixels:
    """The picture with every plate taken out, also those that the labels lack."""
    pixels = shown.pixels.copy()
    for box in (*shown.boxes, *shown.not_judged):
        pasting.cover(rng, pixels, frames.corners(box))
    return pixels


def _enlarged_part(rng: Generator, pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    zoom = float(rng.uniform(*ZOOM))
    wide, high = math.floor(width / zoom), math.floor(height / zoom)
    left, top = int(rng.integers(0, width - wide + 1)), int(rng.integers(0, height - high + 1))
    part = pixels[top : top + high, left : left + wide]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
