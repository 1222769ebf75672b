"""Plates of which an end is missing: beyond the picture, behind something, or left out by a box that is too narrow."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.placement import Placement, Points, mapped
from services.recognition.training.render.plate import CharacterBox

MISSED, BEYOND, COVERED = "missed by the box", "beyond the picture", "covered"
WHOLE = (-np.inf, np.inf)
# How much of the last character may be left, so that it is clear whether it can be read.
LITTLE, MOST = (0.0, 0.33), (0.74, 0.97)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left is between two places across the plate, in its pixels; one of them is infinite."""

    left: tuple[float, float]
    how: str
    is_box_narrowed: bool

    def corners(self, place: Placement, width: int, height: int, margin: float) -> Points:
        """The corners that a detector would give of the plate (width x height) in the picture."""
        if not self.is_box_narrowed:
            return place.corners
        start, end = max(0.0, self.left[0]), min(float(width), self.left[1])
        if self.how == MISSED:  # also the margin must not show what is missing
            inner = margin / (1 + 2 * margin) * (end - start)
            start, end = (start + inner, end) if start > 0 else (start, end - inner)
        flat = np.array([(start, 0.0), (end, 0.0), (end, float(height)), (start, float(height))])
        return mapped(place.to_picture, flat)

    def applied(self, picture: Pixels, place: Placement, width: int, height: int, rng: Generator) -> Pixels:
        """The picture without what is missing. Its size stays; what is beyond its edge repeats the edge."""
        if self.how == MISSED:
            return picture
        is_left = np.isfinite(self.left[0])
        at = self.left[0] if is_left else self.left[1]
        if self.how == BEYOND:
            edge = int(np.clip(mapped(place.to_picture, np.array([(at, height / 2)]))[0, 0], 1, picture.shape[1] - 2))
            kept = picture[:, edge:] if is_left else picture[:, :edge]
            beyond = picture.shape[1] - kept.shape[1]
            left, right = (beyond, 0) if is_left else (0, beyond)
            return np.asarray(cv2.copyMakeBorder(kept, 0, 0, left, right, cv2.BORDER_REPLICATE), np.uint8)
        far = -0.3 * width if is_left else 1.3 * width
        outline = np.array([(at, -0.5 * height), (at, 1.5 * height), (far, 1.5 * height), (far, -0.5 * height)])
        colour = (between(rng, 5, 200) + rng.normal(0, 12, 3)).clip(0, 255).tolist()
        cover = picture.copy()
        points = np.round(mapped(place.to_picture, outline) * 16).astype(np.int32)
        cv2.fillConvexPoly(cover, points, colour, cv2.LINE_AA, 4)
        return cover


def chosen(rng: Generator, characters: Sequence[CharacterBox]) -> Cut:
    """Cuts through the first or the last character of a line, or beside it."""
    is_left = happens(rng, 0.5)
    line = pick(rng, [box.line for box in characters])
    boxes = [box for box in characters if box.line == line]
    end = min(boxes, key=lambda box: box.x) if is_left else max(boxes, key=lambda box: box.x)
    seen = between(rng, *(LITTLE if happens(rng, 0.65) else MOST))
    how = pick(rng, (MISSED, MISSED, BEYOND, COVERED))
    left = (end.x + (1 - seen) * end.width, np.inf) if is_left else (-np.inf, end.x + seen * end.width)
    return Cut(left, how, is_box_narrowed=how == MISSED or happens(rng, 0.6))
