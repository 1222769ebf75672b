"""How good a detector is: which of its answers are plates, which plates it missed, and what that makes over all frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.recognition.detection import Detection, enclosing, overlaps
from services.recognition.training.frames import Boxes

# An answer is about a plate when their enclosing boxes share so much of what they cover together.
LEAST_OVERLAP = 0.5
# An answer of which so much lies in a place that is not judged does not count.
NOT_JUDGED_PART = 0.5
# Upper ends of the classes of plate width, in pixels of the frame.
WIDTHS_PX = (24, 32, 48, 80, 160, 100_000)
FALSE_PER_FRAME = (0.1, 0.01)


@dataclass(frozen=True, slots=True)
class Judged:
    """The answers about one frame. scores, hits: (n,) best first, answers that do not count left out.

    hits: the plate that an answer is about, or -1. overlap: (n,) with that plate. widths: (k,) of the frame's plates.
    """

    scores: NDArray[np.float32]
    hits: NDArray[np.int64]
    overlap: NDArray[np.float32]
    widths: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WidthClass:
    """Plates of one class of width, and what part of them is found at 0.1 false answers per frame."""

    name: str
    plates: int
    recall: float


@dataclass(frozen=True, slots=True)
class DetectorFigures:
    """Shares are 0 to 1. recall: by false answers per frame, as in FALSE_PER_FRAME. overlap: mean of the plates found.

    at_threshold: recall and false answers per frame at the product's threshold. score_at: the score that gives `recall`.
    """

    frames: int
    plates: int
    recall: tuple[float, ...]
    score_at: tuple[float, ...]
    most_recall: float
    average_precision: float
    overlap: float
    by_width: tuple[WidthClass, ...]
    at_threshold: tuple[float, float]


def judged(found: Sequence[Detection], plates: Boxes, not_judged: Boxes) -> Judged:
    """Gives each answer, best first, the plate it overlaps most among those that are still free.

    plates, not_judged: (k, 4) left, top, right, bottom.
    """
    ranked = sorted(found, key=lambda one: -one.score)
    corners = np.array([one.corners for one in ranked], np.float32).reshape(-1, 4, 2)
    boxes = enclosing(corners)
    shared = overlaps(boxes, plates)
    hits, counted = np.full(len(ranked), -1), np.ones(len(ranked), bool)
    overlap = np.zeros(len(ranked), np.float32)
    free = np.ones(len(plates), bool)
    for place in range(len(ranked)):
        share = np.where(free, shared[place], 0)
        if len(plates) and share.max() >= LEAST_OVERLAP:
            hits[place], overlap[place] = share.argmax(), share.max()
            free[hits[place]] = False
        else:
            counted[place] = not _lies_in(boxes[place], not_judged)
    scores = np.array([one.score for one in ranked], np.float32)
    return Judged(scores[counted], hits[counted], overlap[counted], plates[:, 2] - plates[:, 0])


def _lies_in(box: NDArray[np.float32], places: Boxes) -> bool:
    low, high = np.maximum(box[:2], places[:, :2]), np.minimum(box[2:], places[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    return bool((shared >= NOT_JUDGED_PART * (box[2:] - box[:2]).prod()).any())


def figures(frames: Sequence[Judged], threshold: float) -> DetectorFigures:
    """Over all frames. threshold: the product's."""
    scores = np.concatenate([frame.scores for frame in frames])
    is_hit = np.concatenate([frame.hits for frame in frames]) >= 0
    plates = sum(len(frame.widths) for frame in frames)
    order = np.argsort(-scores, kind="stable")
    found, false = _counted(is_hit[order]), _counted(~is_hit[order])
    cuts = [_cut(false, each * len(frames)) for each in FALSE_PER_FRAME]
    score_at = tuple(float(scores[order][cut - 1]) if cut else 1.0 for cut in cuts)
    chosen = [frame.overlap[(frame.hits >= 0) & (frame.scores >= score_at[0])] for frame in frames]
    return DetectorFigures(
        frames=len(frames),
        plates=plates,
        recall=tuple(float(found[cut - 1]) / max(plates, 1) if cut else 0.0 for cut in cuts),
        score_at=score_at,
        most_recall=float(is_hit.sum()) / max(plates, 1),
        average_precision=_average_precision(found, false, plates),
        overlap=float(np.concatenate(chosen).mean()) if sum(map(len, chosen)) else 0.0,
        by_width=_by_width(frames, score_at[0]),
        at_threshold=(
            float((is_hit & (scores >= threshold)).sum()) / max(plates, 1),
            float((~is_hit & (scores >= threshold)).sum()) / max(len(frames), 1),
        ),
    )


def _counted(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.asarray(np.cumsum(flags), np.int64)


def _cut(false: NDArray[np.int64], most: float) -> int:
    """How many of the best answers hold no more than so many false ones."""
    return int(np.searchsorted(false, most + 1e-9, side="right"))


def _average_precision(found: NDArray[np.int64], false: NDArray[np.int64], plates: int) -> float:
    """Area under precision over recall, the precision made to fall only."""
    if not len(found) or not plates:
        return 0.0
    precision = np.maximum.accumulate((found / (found + false))[::-1])[::-1]
    return float((np.diff(found, prepend=0) * precision).sum() / plates)


def _by_width(frames: Sequence[Judged], threshold: float) -> tuple[WidthClass, ...]:
    widths = np.concatenate([frame.widths for frame in frames])
    is_found = np.concatenate([_found(frame, threshold) for frame in frames])
    lows = (0, *WIDTHS_PX[:-1])
    answer = []
    for low, high in zip(lows, WIDTHS_PX, strict=True):
        among = (widths >= low) & (widths < high)
        name = f"under {high}" if not low else f"{low} and over" if high == WIDTHS_PX[-1] else f"{low}-{high}"
        answer.append(WidthClass(name, int(among.sum()), float(is_found[among].mean()) if among.any() else 0.0))
    return tuple(answer)


def _found(frame: Judged, threshold: float) -> NDArray[np.bool_]:
    return np.isin(np.arange(len(frame.widths)), frame.hits[frame.scores >= threshold])
