"""What the detector is to learn: which cells answer for which plate, and how wrong an answer is.

Quality focal loss (Li et al. 2020, "Generalized Focal Loss") on scores, generalised IoU (Rezatofighi et al. 2019) on the
enclosing boxes, and a smooth distance on the corners in parts of the plate's size.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from services.recognition.training.detector_network import STRIDES, cell_centres, decoded

# Widths in pixels of the network's input that each grid answers for; both learn what lies in both ranges.
RANGES_PX = {8: (0.0, 80.0), 16: (48.0, np.inf)}
REACH = 1.5  # cells around the centre of a plate that answer for it, in strides
CORNER_SCALE = 0.04  # distances below this part of a plate's size count by their square
BOX_WEIGHT, CORNER_WEIGHT = 2.0, 5.0
NONE, IGNORED = -1, -2


@dataclass(frozen=True, slots=True)
class Truth:
    """The plates of one picture.

    quads: float32 (k, 4, 2) in pixels. exactness: (k,), 1 where the corners are known, 0 where the enclosing box is: its
    corners do not count. Negative where a plate may or may not be told.
    """

    quads: NDArray[np.float32]
    exactness: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DetectorLoss:
    """The three parts, each a scalar."""

    score: Tensor
    box: Tensor
    corner: Tensor

    @property
    def total(self) -> Tensor:
        return self.score + BOX_WEIGHT * self.box + CORNER_WEIGHT * self.corner


class Cells:
    """The cells of both grids for pictures of one size."""

    def __init__(self, height_px: int, width_px: int) -> None:
        grids = [(cell_centres(height_px, width_px, stride).numpy(), stride) for stride in STRIDES]
        self._centres = np.concatenate([centres for centres, _ in grids])
        self._strides = np.concatenate([np.full(len(centres), stride) for centres, stride in grids])

    def assigned(self, truth: Truth) -> NDArray[np.int64]:
        """For each cell the plate that it answers for, NONE, or IGNORED. Where two claim a cell the smaller one has it."""
        answer = np.full(len(self._centres), NONE, np.int64)
        sizes = np.ptp(truth.quads, axis=1)
        for index in np.argsort(-sizes.prod(axis=1)):
            low, high = truth.quads[index].min(axis=0), truth.quads[index].max(axis=0)
            distance = np.abs(self._centres - (low + high) / 2)
            if truth.exactness[index] < 0:
                answer[(distance <= sizes[index] / 2 + self._strides[:, None]).all(axis=1)] = IGNORED
                continue
            for stride, (narrowest, widest) in RANGES_PX.items():
                if narrowest <= sizes[index, 0] < widest:
                    reach = np.clip(sizes[index] * (0.3, 0.4), 0.51 * stride, REACH * stride)
                    answer[(self._strides == stride) & (distance <= reach).all(axis=1)] = index
        return answer


def detector_loss(outputs: tuple[Tensor, Tensor], truths: list[Truth], cells: Cells) -> DetectorLoss:
    """Mean over the cells that answer for a plate."""
    scores, corners = decoded(outputs)
    assigned = torch.from_numpy(np.stack([cells.assigned(truth) for truth in truths]))
    picture, cell = (assigned >= 0).nonzero(as_tuple=True)
    target = torch.zeros_like(scores)
    nothing = scores.sum() * 0
    box = corner = nothing
    if len(picture):
        quads, exactness = _told(truths, picture, assigned[picture, cell])
        answer = corners[picture, cell]
        boxes = _enclosing(quads)
        overlap, generalised = _overlaps(_enclosing(answer), boxes)
        box = (1 - generalised).mean()
        corner = (_corner_distance(answer, quads, boxes) * exactness).mean()
        target[picture, cell] = overlap.detach().clamp(0.1, 1.0)
    return DetectorLoss(_score_loss(scores, target, assigned, max(1, len(picture))), box, corner)


def _told(truths: list[Truth], picture: Tensor, plate: Tensor) -> tuple[Tensor, Tensor]:
    places = list(zip(picture.tolist(), plate.tolist(), strict=True))
    quads = np.stack([truths[one].quads[other] for one, other in places])
    exactness = np.array([truths[one].exactness[other] for one, other in places], np.float32)
    return torch.from_numpy(quads), torch.from_numpy(exactness)


def _score_loss(scores: Tensor, target: Tensor, assigned: Tensor, count: int) -> Tensor:
    believed = scores.detach().sigmoid()
    weight = torch.where(target > 0, torch.ones_like(believed), 0.75 * believed**2) * (assigned != IGNORED)
    return (functional.binary_cross_entropy_with_logits(scores, target, reduction="none") * weight).sum() / count


def _enclosing(quads: Tensor) -> Tensor:
    return torch.cat([quads.amin(1), quads.amax(1)], 1)


def _overlaps(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Intersection over union of boxes (n x 4: left, top, right, bottom), and the generalised one."""
    shared = (torch.minimum(one[:, 2:], other[:, 2:]) - torch.maximum(one[:, :2], other[:, :2])).clamp(min=0).prod(1)
    united = _area(one) + _area(other) - shared
    around = (torch.maximum(one[:, 2:], other[:, 2:]) - torch.minimum(one[:, :2], other[:, :2])).prod(1)
    overlap = shared / united.clamp(min=1e-6)
    return overlap, overlap - (around - united) / around.clamp(min=1e-6)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)


def _corner_distance(answer: Tensor, quads: Tensor, boxes: Tensor) -> Tensor:
    """Across in parts of the mean side, down in parts of the height, since a reader suffers from both alike."""
    mean_side = _area(boxes).clamp(min=16).sqrt()
    height = (boxes[:, 3] - boxes[:, 1]).clamp(min=4)
    distance = (answer - quads).abs() / torch.stack([mean_side, height], 1)[:, None, :]
    squared, straight = distance**2 / (2 * CORNER_SCALE), distance - CORNER_SCALE / 2
    return torch.where(distance < CORNER_SCALE, squared, straight).mean((1, 2))
