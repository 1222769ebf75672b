"""Finds plates and their corners in a picture, with a finer look where the first one is in doubt; one thread."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.detection import Detection, decoded, enclosing, merged, merged_detections, overlaps
from services.recognition.letterbox import GREY, canvas_of, letterboxed
from services.recognition.network import Network
from services.recognition.rectify import Quad, edges

# From PLATE on an answer needs no second look, and counts as a plate where the detector alone is measured. The product reads
# what has `engine_networks.READ`, and decides then. What is below LEAST is not told at all.
PLATE, LEAST = 0.6, 0.2
# A candidate is worth a second look from this score on, when it is below PLATE and narrower than this in the first look.
DOUBT, NARROW_PX = 0.5, 32.0
# A closer look that is not at the same place as an answer of the first one does not count, and the first one's score keeps
# this weight: what only one of them sees is seldom a plate.
FIRST_WEIGHT = 0.3
SAME_PLACE_ROOM = 0.3
# A second look shows pieces of the picture as it is, where the first one had it smaller: so many pieces of this size.
TILE_PX = (640, 384)
MOST_TILES = 1
# Of the candidates in doubt, the most certain ones.
MOST_DOUBTS = 12
# Not worth it when the first look had the picture at nearly its own size already.
SMALLER_BELOW = 0.8
# A plate by itself is looked at in a picture of this size, no wider and no higher in it than this, and is still the same plate
# where the boxes overlap by so much. Measured on rendered plates: 1 % of all is read right only at the corners of this look.
ALONE_PX, ALONE_WIDTH_PX, ALONE_HEIGHT_PX, ALONE_OVERLAP = (256, 160), 140.0, 80.0, 0.3
# A tile tells nothing about plates that are wider, or that reach so near to an edge of it which is none of the picture.
WIDE_PX, EDGE_PX = 320.0, 4.0


@dataclass(frozen=True, slots=True)
class Tile:
    """A piece of a picture, in its pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def tells(self, boxes: NDArray[np.float32], picture: tuple[int, int]) -> NDArray[np.bool_]:
        """Which plates are seen whole in it, (n,). boxes: (n, 4) around them; picture: width and height."""
        low, high = boxes[:, :2], boxes[:, 2:]
        start, end = np.array((self.left, self.top)), np.array((self.right, self.bottom))
        starts = ((low >= start + EDGE_PX) | (start == 0)) & (high > start)
        ends = ((high <= end - EDGE_PX) | (end == np.array(picture))) & (low < end)
        fits: NDArray[np.bool_] = (starts & ends).all(axis=1) & (high[:, 0] - low[:, 0] <= WIDE_PX)
        return fits


class PlateDetector:
    """Made from the detector's network."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def detect(self, pixels: Pixels, scale: float = 1.0, threshold: float = LEAST) -> tuple[Detection, ...]:
        """Candidates in a BGR picture (uint8, height x width x 3), best first, in pixels of the picture as it was taken.

        scale: size of `pixels` to that picture, when it was decoded smaller.
        """
        canvas = letterboxed(pixels)
        return tuple(
            Detection(found.score, canvas.in_picture(found.corners) / np.float32(scale))
            for found in self._look(canvas.pixels, threshold)
        )

    def second_look(
        self, pixels: Pixels, first: Sequence[Detection], threshold: float = LEAST
    ) -> tuple[Detection, ...]:
        """The candidates after a closer look at those in doubt. pixels: the picture in its own size; first: of `detect`."""
        picture = pixels.shape[1], pixels.shape[0]
        kept = list(first)
        for tile in tiles(first, picture):
            seen = _confirmed(self._closer(pixels, tile, threshold), first)
            left, told = ~tile.tells(_boxes(kept), picture), tile.tells(_boxes(seen), picture)
            kept = [*compress(kept, left), *compress(seen, told)]
        return merged_detections(kept)

    def alone(self, pixels: Pixels, corners: Quad) -> Quad | None:
        """The corners of a plate after a look at it alone, upright and of one size; None where no plate is seen.

        corners: (4, 2), of the first look, in these pixels (uint8, height x width x 3), the middle of the first at 0.
        """
        there = _alone(corners)
        piece = cv2.warpAffine(pixels, there, ALONE_PX, flags=cv2.INTER_LINEAR, borderValue=(GREY, GREY, GREY))
        seen = self._look(np.asarray(piece, np.uint8), LEAST)
        if not seen:
            return None
        expected = cv2.transform(corners[None], there)[0] + np.float32(0.5)
        overlap = overlaps(_boxes(seen), enclosing(expected[None]))[:, 0]
        best = max(range(len(seen)), key=lambda index: seen[index].score if overlap[index] >= ALONE_OVERLAP else 0.0)
        if overlap[best] < ALONE_OVERLAP:
            return None
        found = seen[best].corners[None] - np.float32(0.5)
        return np.asarray(cv2.transform(found, cv2.invertAffineTransform(there))[0], np.float32)

    def _closer(self, pixels: Pixels, tile: Tile, threshold: float) -> list[Detection]:
        """What is in a tile, in pixels of the picture."""
        piece = np.ascontiguousarray(pixels[tile.top : tile.bottom, tile.left : tile.right])
        canvas, corner = letterboxed(piece), np.array((tile.left, tile.top), np.float32)
        found = self._look(canvas.pixels, threshold)
        return [Detection(one.score, canvas.in_picture(one.corners) + corner) for one in found]

    def _look(self, canvas: Pixels, threshold: float) -> tuple[Detection, ...]:
        return merged(*decoded(self._network.run(canvas[None]), threshold))


def _alone(corners: Quad) -> NDArray[np.float32]:
    """The transform (2 x 3) that turns a plate upright and puts it in the middle of ALONE_PX, enlarged or made smaller."""
    upper, right, lower, left = np.maximum(edges(corners), 1e-3)
    scale = min(ALONE_WIDTH_PX / max(upper, lower), ALONE_HEIGHT_PX / max(left, right))
    (x, y), across = corners.mean(axis=0), corners[1] - corners[0] + corners[2] - corners[3]
    turned = cv2.getRotationMatrix2D((float(x), float(y)), math.degrees(math.atan2(across[1], across[0])), float(scale))
    to_middle = (np.array(ALONE_PX) - 1) / 2 - (x, y)
    return np.asarray(turned + np.column_stack([np.zeros((2, 2)), to_middle]), np.float32)


def _boxes(detections: Sequence[Detection]) -> NDArray[np.float32]:
    return enclosing(np.array([one.corners for one in detections], np.float32).reshape(-1, 4, 2))


def _confirmed(seen: Sequence[Detection], first: Sequence[Detection]) -> list[Detection]:
    """Those of a closer look that the first one had an inkling of."""
    near = _boxes(first)
    room = np.tile((near[:, 2:] - near[:, :2]) * SAME_PLACE_ROOM + 2, 2) * np.array((-1, -1, 1, 1), np.float32)
    near = near + room
    scores = np.array([other.score for other in first], np.float32)
    found = []
    for one in seen:
        x, y = one.corners.mean(axis=0)
        here = scores[(near[:, 0] <= x) & (x <= near[:, 2]) & (near[:, 1] <= y) & (y <= near[:, 3])]
        if len(here):
            score = (1 - FIRST_WEIGHT) * one.score + FIRST_WEIGHT * float(here.max())
            found.append(Detection(score, one.corners))
    return found


def tiles(candidates: Sequence[Detection], picture: tuple[int, int]) -> tuple[Tile, ...]:
    """Where to look closer: the tiles that show the most candidates in doubt. picture: width and height."""
    _, _, scale = canvas_of(*picture)
    if scale >= SMALLER_BELOW:
        return ()
    doubtful = [one for one in candidates if DOUBT <= one.score < PLATE and one.width_px * scale < NARROW_PX][
        :MOST_DOUBTS
    ]
    boxes, scores = _boxes(doubtful), np.array([one.score for one in doubtful], np.float32)
    around = [_around(one, picture) for one in doubtful]
    chosen: list[Tile] = []
    while scores.any() and len(chosen) < MOST_TILES:
        best = max(around, key=lambda tile: float(scores[tile.tells(boxes, picture)].sum()))
        told = best.tells(boxes, picture)
        if not scores[told].any():
            break
        chosen.append(best)
        scores[told] = 0
    return tuple(chosen)


def _around(candidate: Detection, picture: tuple[int, int]) -> Tile:
    """The tile with the candidate in its middle, moved into the picture."""
    middle = candidate.corners.mean(axis=0)
    sides = [min(side, whole) for side, whole in zip(TILE_PX, picture, strict=True)]
    left, top = (
        int(np.clip(round(float(at) - side / 2), 0, whole - side))
        for at, side, whole in zip(middle, sides, picture, strict=True)
    )
    return Tile(left, top, left + sides[0], top + sides[1])
