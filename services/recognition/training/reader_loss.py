"""What the reader is to learn.

Rendered plates say where each character stands, so every column can be taught by itself; CTC alone stands on a plateau for
its first 45,000 pictures. The weight of the columns falls while CTC takes over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from services.recognition.alphabet import BLANK, CHARACTERS, CLASSES
from services.recognition.training.render.columns import NOT_SUPERVISED

CLASS_OF = {character: index for index, character in enumerate(CHARACTERS)}
FIRST_COLUMN_WEIGHT, LAST_COLUMN_WEIGHT = 2.0, 0.2
CTC_WEIGHT, COUNTRY_WEIGHT, LAYOUT_WEIGHT = 0.5, 0.2, 0.1


@dataclass(frozen=True, slots=True)
class ReaderTruth:
    """Of a batch of N.

    columns: int64 N x 40, NOT_SUPERVISED where nothing is taught. texts: N. countries, layouts: int64 (N,), -1 unknown.
    is_readable: bool (N,); false where the plate was fed in the wrong layout and its text is not to be learned.
    """

    columns: Tensor
    texts: Sequence[str]
    countries: Tensor
    layouts: Tensor
    is_readable: Tensor


@dataclass(frozen=True, slots=True)
class ReaderLoss:
    """The four parts, each a scalar."""

    column: Tensor
    ctc: Tensor
    country: Tensor
    layout: Tensor

    def total(self, progress: float) -> Tensor:
        """progress: 0 at the beginning of training, 1 from the time on when CTC has taken over."""
        column_weight = FIRST_COLUMN_WEIGHT + (LAST_COLUMN_WEIGHT - FIRST_COLUMN_WEIGHT) * min(progress, 1.0)
        return (
            column_weight * self.column
            + CTC_WEIGHT * self.ctc
            + COUNTRY_WEIGHT * self.country
            + LAYOUT_WEIGHT * self.layout
        )


def reader_loss(outputs: tuple[Tensor, Tensor, Tensor], truth: ReaderTruth) -> ReaderLoss:
    """Means over what is taught."""
    characters, countries, layouts = outputs
    columns = torch.where(truth.is_readable[:, None], truth.columns, NOT_SUPERVISED)
    column = _cross_entropy(characters.reshape(-1, CLASSES), columns.reshape(-1))
    return ReaderLoss(
        column,
        _ctc(characters, truth),
        _cross_entropy(countries, truth.countries),
        _cross_entropy(layouts, truth.layouts),
    )


def _cross_entropy(logits: Tensor, classes: Tensor) -> Tensor:
    if not (classes >= 0).any():
        return logits.sum() * 0
    return functional.cross_entropy(logits, classes, ignore_index=NOT_SUPERVISED)


def _ctc(characters: Tensor, truth: ReaderTruth) -> Tensor:
    kept = truth.is_readable.nonzero()[:, 0]
    texts = [truth.texts[index] for index in kept.tolist()]
    if not texts:
        return characters.sum() * 0
    targets = torch.tensor([CLASS_OF[character] for text in texts for character in text], dtype=torch.long)
    lengths = torch.tensor([len(text) for text in texts])
    return functional.ctc_loss(
        characters[kept].transpose(0, 1).log_softmax(-1).cpu(),
        targets,
        torch.full((len(texts),), characters.shape[1]),
        lengths,
        blank=BLANK,
        zero_infinity=True,
    )
