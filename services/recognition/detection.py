"""From the detector's grids to plates: which cells believe in one, and what their answers agree on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Quad = NDArray[np.float32]
Grid = NDArray[np.float32]

STRIDES = {"p8": 8, "p16": 16}
# Offsets of corners are in these many strides from the middle of the cell.
UNIT = 4.0
MOST_CANDIDATES = 120
# Answers that overlap the best one by more are about the same plate; those that overlap it by much more refine its corners.
SAME_PLATE, REFINES = 0.4, 0.65
# An answer that lies in a better one by so much of its own area is a part of it.
IS_PART = 0.8


@dataclass(frozen=True, slots=True)
class Detection:
    """A plate. score: 0 to 1. corners: (4, 2) clockwise from the top left of the text as it is read, in pixels."""

    score: float
    corners: Quad = field(repr=False)

    @property
    def width_px(self) -> float:
        """Of the enclosing box."""
        return float(np.ptp(self.corners[:, 0]))


def decoded(grids: Mapping[str, Grid], threshold: float) -> tuple[NDArray[np.float32], Quad]:
    """Scores (n,) of the cells at or above the threshold, best first, and their corners (n, 4, 2) in canvas pixels.

    grids: by output name (1, 9, rows, columns): a logit, then x and y of four corners.
    """
    least = float(np.log(threshold / (1 - threshold)))
    logits, corners = zip(*(_believing(grids[name], stride, least) for name, stride in STRIDES.items()), strict=True)
    logit = np.concatenate(logits)
    order = np.argsort(-logit, kind="stable")[:MOST_CANDIDATES]
    return np.asarray(1 / (1 + np.exp(-logit[order])), np.float32), np.concatenate(corners)[order]


def _believing(grid: Grid, stride: int, least_logit: float) -> tuple[NDArray[np.float32], Quad]:
    rows, columns = np.nonzero(grid[0, 0] >= least_logit)
    answers = grid[0, :, rows, columns]
    middles = np.stack([columns + 0.5, rows + 0.5], axis=1).astype(np.float32) * stride
    return answers[:, 0], answers[:, 1:].reshape(-1, 4, 2) * (stride * UNIT) + middles[:, None]


def merged(scores: NDArray[np.float32], corners: Quad) -> tuple[Detection, ...]:
    """One detection for every plate, best first: the best score, and corners that all answers about it agree on.

    scores: (n,), best first; corners: (n, 4, 2).
    """
    boxes = enclosing(corners)
    shared, areas = _shared(boxes, boxes), _areas(boxes)
    overlap, part = _over_union(shared, areas, areas), shared / np.maximum(areas[None, :], 1e-6)
    free = np.ones(len(scores), bool)
    found = []
    for best in range(len(scores)):
        if free[best]:
            agreeing = free & (overlap[best] >= REFINES)
            agreeing[best] = True
            weights = scores[agreeing] ** 2
            mean = (corners[agreeing] * weights[:, None, None]).sum(axis=0) / weights.sum()
            found.append(Detection(float(scores[best]), np.asarray(mean, np.float32)))
            free &= (overlap[best] < SAME_PLATE) & (part[best] < IS_PART)
    return tuple(found)


def merged_detections(detections: Sequence[Detection]) -> tuple[Detection, ...]:
    """The same for detections of several looks."""
    if not detections:
        return ()
    ranked = sorted(detections, key=lambda detection: -detection.score)
    scores = np.array([detection.score for detection in ranked], np.float32)
    return merged(scores, np.stack([detection.corners for detection in ranked]))


def enclosing(corners: Quad) -> NDArray[np.float32]:
    """Left, top, right, bottom (n, 4) of the boxes around quadrilaterals (n, 4, 2)."""
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def overlaps(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of boxes (n, 4) with boxes (m, 4), as (n, m)."""
    return _over_union(_shared(one, other), _areas(one), _areas(other))


def _over_union(
    shared: NDArray[np.float32], one: NDArray[np.float32], other: NDArray[np.float32]
) -> NDArray[np.float32]:
    """From areas that are shared (n, m) and their owners' (n,) and (m,)."""
    return np.asarray(shared / np.maximum(one[:, None] + other[None, :] - shared, 1e-6), np.float32)


def _shared(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Areas that boxes (n, 4) share with boxes (m, 4), as (n, m)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    size = np.clip(high - low, 0, None)
    return np.asarray(size[..., 0] * size[..., 1], np.float32)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), np.float32)
