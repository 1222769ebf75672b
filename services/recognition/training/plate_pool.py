"""Drawn and worn plates, kept and slowly replaced: drawing one takes longer than all the rest of a detector's sample."""

from dataclasses import dataclass

from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.reading import Layout
from services.recognition.training.render import plate, wear

# How probable it is that a full pool exchanges one of its plates for a new one when a plate is taken.
REPLACED_PER_TAKE = 0.08


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

    def __init__(self, *, size: int = 320, part_two_lines: float = 0.25) -> None:
        self._size, self._part_two_lines = size, part_two_lines
        self._sheets: dict[bool, list[Sheet]] = {False: [], True: []}

    def take(self, rng: Generator) -> Sheet:
        """One at random. Draws a new one while the pool is not full, and now and then afterwards."""
        kind = self._sheets[bool(rng.random() < self._part_two_lines)]
        count = sum(len(sheets) for sheets in self._sheets.values())
        if count < self._size or rng.random() < REPLACED_PER_TAKE:
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
    return Sheet(wear.worn(art.pixels, rng), art.layout == Layout.TWO_LINES)
