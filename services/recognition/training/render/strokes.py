"""Faces of our own drawing: centre lines and a pen whose weight, width and roundness can be varied."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from services.common.strokes import ELLIPSE, Line, centre_lines, draw_lines
from services.recognition.training.render.face import Mask

# Glyphs are drawn once at this height and made smaller from it.
MASTER_HEIGHT_PX = 144
_CURVE_STEPS = 20
UMLAUTS = {"Ä": "A", "Ö": "O", "Ü": "U"}
# Height of an umlaut's letter below its dots, and the diameter of a dot in pens.
_BODY_SHARE = 0.76
_DOT_PENS = 1.12


@dataclass(frozen=True, slots=True)
class Variation:
    """Factors of the pen, of the width and of the exponent of the curves; and whether joints are corners."""

    weight: float = 1.0
    width: float = 1.0
    roundness: float = 1.0
    is_sharp: bool = True

    def __str__(self) -> str:
        corners = "sharp" if self.is_sharp else "round"
        return f"weight {self.weight:g} width {self.width:g} roundness {self.roundness:g} {corners}"


@dataclass(frozen=True, eq=False)
class StrokeFace:
    """A face drawn with a pen. Lengths are shares of the height of a character.

    `width` is the width of an ordinary character, of which `widths` holds each other one's share; `roundness` is the
    exponent of the curves (2: ellipse), `is_sharp` makes joints corners instead of round.
    """

    name: str
    paths: Mapping[str, str]
    widths: Mapping[str, float]
    width: float
    pen: float
    roundness: float = ELLIPSE
    is_sharp: bool = False

    def has(self, character: str) -> bool:
        return UMLAUTS.get(character, character) in self.paths

    def mask(self, character: str, height_px: int) -> Mask:
        return _scaled(self, character, height_px)

    def varied(self, variation: Variation) -> "StrokeFace":
        """The same skeleton drawn another way."""
        return replace(
            self,
            name=f"{self.name} {variation}",
            pen=self.pen * variation.weight,
            width=self.width * variation.width,
            roundness=self.roundness * variation.roundness,
            is_sharp=variation.is_sharp,
        )


@lru_cache(maxsize=1 << 14)
def _scaled(face: StrokeFace, character: str, height_px: int) -> Mask:
    master = _master(face, character)
    return scaled(master, height_px, round(master.shape[1] * height_px / MASTER_HEIGHT_PX))


def scaled(master: Mask, height_px: int, width_px: int) -> Mask:
    """A glyph of another size, read-only."""
    way = cv2.INTER_AREA if height_px < master.shape[0] else cv2.INTER_LINEAR
    mask = np.asarray(cv2.resize(master, (max(width_px, 1), height_px), interpolation=way), np.uint8)
    mask.setflags(write=False)
    return mask


@lru_cache(maxsize=4096)
def _master(face: StrokeFace, character: str) -> Mask:
    letter = UMLAUTS.get(character)
    if letter is None:
        return _tight(_drawn(face, character, MASTER_HEIGHT_PX))
    body = _tight(_drawn(face, letter, round(MASTER_HEIGHT_PX * _BODY_SHARE)))
    mask: Mask = np.zeros((MASTER_HEIGHT_PX, body.shape[1]), np.uint8)
    mask[-body.shape[0] :] = body
    radius = min(face.pen * MASTER_HEIGHT_PX * _DOT_PENS, MASTER_HEIGHT_PX * (1 - _BODY_SHARE) * 0.8) / 2
    for side in (-1, 1):
        centre = (body.shape[1] / 2 + side * max(body.shape[1] * 0.24, radius * 1.5) - 0.5, radius - 0.5)
        cv2.circle(mask, [round(place * 16) for place in centre], round(radius * 16), 255, -1, cv2.LINE_AA, 4)
    return mask


def _drawn(face: StrokeFace, character: str, height_px: int) -> Mask:
    pen_px = face.pen * MASTER_HEIGHT_PX
    width_px = max(face.width * face.widths.get(character, 1.0) * MASTER_HEIGHT_PX, pen_px)
    lines: tuple[Line, ...] = centre_lines(face.paths[character], face.roundness, _CURVE_STEPS)
    return draw_lines(lines, round(width_px), height_px, pen_px, sharp=face.is_sharp)


def _tight(mask: Mask) -> Mask:
    columns = np.flatnonzero((mask > 127).any(axis=0))
    return mask[:, columns[0] : columns[-1] + 1]
