"""The detector: depthwise-separable stages, and two grids of cells that each tell of a plate here and its corners."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from services.recognition import detection
from services.recognition.detection import UNIT
from services.recognition.training.blocks import Separable, convolution

CHANNELS = (16, 24, 48, 96, 160)
DEPTHS = (1, 3, 2)
PYRAMID_CHANNELS = 48
OUTPUTS = 9
STRIDES = tuple(detection.STRIDES.values())
# A cell begins by believing in a plate with a probability of one in a hundred.
FIRST_BIAS = -4.6


class DetectorNetwork(nn.Module):
    """About 150,000 parameters, 158 million multiplications at 640 x 384.

    In: N x 3 x height x width, centred, sides multiples of 32. Out: for strides 8 and 16, N x 9 x height/stride x width/stride:
    a score as logit, then x and y of four corners from the cell's centre, in units of UNIT strides.
    """

    def __init__(self) -> None:
        super().__init__()
        stem, quarter, eighth, sixteenth, coarsest = CHANNELS
        self.stem = nn.Sequential(convolution(3, stem, 3, 2), Separable(stem, quarter, 2))
        self.eighth = _stage(quarter, eighth, DEPTHS[0])
        self.sixteenth = _stage(eighth, sixteenth, DEPTHS[1])
        self.coarsest = _stage(sixteenth, coarsest, DEPTHS[2])
        self.lateral = nn.ModuleList(nn.Conv2d(width, PYRAMID_CHANNELS, 1) for width in (eighth, sixteenth, coarsest))
        self.smooth = nn.ModuleList(Separable(PYRAMID_CHANNELS, PYRAMID_CHANNELS) for _ in STRIDES)
        self.heads = nn.ModuleList(_head() for _ in STRIDES)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        fine = self.eighth(self.stem(pixels))
        coarse = self.sixteenth(fine)
        coarsest = self.lateral[2](self.coarsest(coarse))
        coarse = self.smooth[1](self.lateral[1](coarse) + functional.interpolate(coarsest, scale_factor=2.0))
        fine = self.smooth[0](self.lateral[0](fine) + functional.interpolate(coarse, scale_factor=2.0))
        return self.heads[0](fine), self.heads[1](coarse)


def _stage(inputs: int, outputs: int, depth: int) -> nn.Module:
    return nn.Sequential(Separable(inputs, outputs, 2), *(Separable(outputs, outputs) for _ in range(depth)))


def _head() -> nn.Module:
    last = nn.Conv2d(PYRAMID_CHANNELS, OUTPUTS, 1)
    nn.init.constant_(last.bias[:1], FIRST_BIAS)
    return nn.Sequential(*(Separable(PYRAMID_CHANNELS, PYRAMID_CHANNELS) for _ in range(2)), last)


def cell_centres(height_px: int, width_px: int, stride: int) -> Tensor:
    """Centres of the cells of a grid in pixels, (height/stride * width/stride) x 2, row by row."""
    down, across = torch.meshgrid(torch.arange(height_px // stride), torch.arange(width_px // stride), indexing="ij")
    return (torch.stack([across, down], -1).reshape(-1, 2) + 0.5) * stride


def decoded(outputs: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Score logits (N x cells) and corners in pixels (N x cells x 4 x 2), the finer grid first."""
    scores, corners = [], []
    for output, stride in zip(outputs, STRIDES, strict=True):
        count, _, height, width = output.shape
        flat = output.permute(0, 2, 3, 1).reshape(count, height * width, OUTPUTS)
        centres = cell_centres(height * stride, width * stride, stride)
        scores.append(flat[..., 0])
        corners.append(flat[..., 1:].reshape(count, -1, 4, 2) * (stride * UNIT) + centres[None, :, None, :])
    return torch.cat(scores, 1), torch.cat(corners, 1)
