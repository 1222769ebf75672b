"""Drawn and worn plates, kept and slowly replaced: drawing one takes longer than all the rest of a detector's sample."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.training.render import plate, wear

TWO_LINES = "two-lines"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A plate as it looks on a car, seen straight on, and how many lines it has."""

    pixels: Pixels
    has_two_lines: bool

    @property
    def aspect(self) -> float:
        """Width over height."""
        height, width = self.pixels.shape[:2]
        return float(width / height)


class PlatePool:
    """Plates to paste. part_two_lines: how many of the drawn ones answered by `take` have two lines."""

    def __init__(
        self,
        fonts: Sequence[Path] = (),
        *,
        size: int = 320,
        part_two_lines: float = 0.25,
        replaced_per_take: float = 0.08,
    ) -> None:
        if fonts:
            os.environ["ANPR_FONTS"] = os.pathsep.join(str(folder) for folder in fonts)
        self._size, self._part_two_lines, self._replaced = size, part_two_lines, replaced_per_take
        self._sheets: dict[bool, list[Sheet]] = {False: [], True: []}

    def take(self, rng: Generator) -> Sheet:
        """One at random. Draws a new one while the pool is not full, and now and then afterwards."""
        kind = self._sheets[bool(rng.random() < self._part_two_lines)]
        count = sum(len(sheets) for sheets in self._sheets.values())
        if count < self._size or rng.random() < self._replaced:
            drawn = _drawn(rng)
            same = self._sheets[drawn.has_two_lines]
            if count >= self._size and len(same) > 1:
                same[int(rng.integers(len(same)))] = drawn
            else:
                same.append(drawn)
        kind = kind or self._sheets[False] or self._sheets[True]
        return kind[int(rng.integers(len(kind)))]


def _drawn(rng: Generator) -> Sheet:
    art = plate.draw(rng)
    return Sheet(wear.worn(art.pixels, rng), art.layout == TWO_LINES)
