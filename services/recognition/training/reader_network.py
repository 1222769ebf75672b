"""The reader: plain convolutions down to one row of 40 columns, a CTC head over it, and what the plate as a whole tells."""

import torch
from torch import Tensor, nn

from services.recognition.alphabet import CLASSES, COUNTRIES
from services.recognition.training.blocks import Mixer, Residual, convolution

WIDTHS = (16, 24, 48, 96)
COLUMN_CHANNELS, MIXERS = 128, 3


class ReaderNetwork(nn.Module):
    """About half a million parameters, 48 million multiplications a plate.

    In: N x 3 x 48 x 160, centred. Out: characters N x 40 x CLASSES, countries N x len(COUNTRIES), layouts N x 2; all logits.
    """

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = WIDTHS
        self.body = nn.Sequential(
            convolution(3, first, 3, 2),
            convolution(first, second, 3, 2),
            Residual(second),
            convolution(second, third, 3, (2, 1)),
            Residual(third),
            convolution(third, fourth, 3, (2, 1)),
            convolution(fourth, COLUMN_CHANNELS),
        )
        self.column = nn.Sequential(
            nn.Conv2d(COLUMN_CHANNELS, COLUMN_CHANNELS, (3, 1), bias=False),
            nn.BatchNorm2d(COLUMN_CHANNELS),
            nn.ReLU(inplace=True),
        )
        self.mixers = nn.Sequential(*(Mixer(COLUMN_CHANNELS) for _ in range(MIXERS)))
        self.characters = nn.Conv2d(COLUMN_CHANNELS, CLASSES, 1)
        self.countries = nn.Linear(2 * COLUMN_CHANNELS, len(COUNTRIES))
        self.layouts = nn.Linear(2 * COLUMN_CHANNELS, 2)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = self.body(pixels)
        columns = self.mixers(self.column(features))
        whole = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        characters = self.characters(columns).squeeze(2).transpose(1, 2)
        return characters, self.countries(whole), self.layouts(whole)
