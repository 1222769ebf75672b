"""Where the characters and signs of a line stand.

Signs in a line: a letter or digit is itself; ` ` a gap between groups, `_` a narrow one, `-` a hyphen, `.` a dot,
`|` a thin stroke, `~` room for a seal, a sticker or a shield.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from services.recognition.alphabet import CHARACTERS
from services.recognition.training.render.face import Face, Mask
from services.recognition.training.render.paint import Box

GAP, NARROW, HYPHEN, DOT, STROKE, SLOT = " ", "_", "-", ".", "|", "~"
SIGNS = GAP + NARROW + HYPHEN + DOT + STROKE + SLOT
MOST_SQUEEZE = 0.72
# Glyphs are asked for at one height only, so that a face keeps them all.
MASTER_PX = 80


@dataclass(frozen=True, slots=True)
class Small:
    """Characters of a line that are lower than the others, by place. down: 0 stands at the top, 1 at the bottom."""

    first: int
    last: int
    height: float
    down: float


@dataclass(frozen=True, slots=True)
class Spacing:
    """How a line is set, all as shares of the letters' height.

    stretch: width of the letters, 1 is natural; cell: least width of a letter's place, 0 leaves each its own; slot:
    width of the room for a seal; align: where the line stands when there is room left, 0 left, 0.5 centre, 1 right;
    spread: how much of that room goes into the gaps between groups instead; small: the first and the last place of a
    group of lower characters, their height, and how far down they stand, 0 at the top, 1 at the bottom.
    """

    letter: float = 0.13
    group: float = 0.42
    hyphen: float = 0.30
    slot: float = 0.5
    stretch: float = 1.0
    cell: float = 0.0
    align: float = 0.5
    spread: float = 0.0
    hyphen_stroke: float = 0.13
    hyphen_at: float = 0.5
    small: Small | None = None


class Placed(NamedTuple):
    """A sign and where it stands; a letter's box is tight around its ink."""

    sign: str
    box: Box


def is_character(sign: str) -> bool:
    """Whether the sign belongs to the text of the plate."""
    return sign in CHARACTERS


def glyph(face: Face, character: str, height_px: int, width_px: int) -> Mask:
    """A character's ink, (height_px, width_px)."""
    way = cv2.INTER_AREA if height_px < MASTER_PX * 0.6 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(face.mask(character, MASTER_PX), (width_px, height_px), interpolation=way), np.uint8)


def natural_width(face: Face, character: str) -> float:
    """Width of a character as a share of its height."""
    return float(face.mask(character, MASTER_PX).shape[1] / MASTER_PX)


def placed(row: str, face: Face, spacing: Spacing, room: Box, cap_px: int) -> list[Placed]:
    """Places a row in its room, centred in height; narrower, and then lower, when it would not fit."""
    line = _Line(face, spacing, cap_px)
    natural = [line.width(sign, place) for place, sign in enumerate(row)]
    gaps = [*(_after(first, second, spacing) * cap_px for first, second in pairwise(row)), 0.0]
    needed = sum(natural) + sum(gaps)
    squeeze = min(1.0, room.width / max(needed, 1))
    left_over = max(room.width - needed, 0.0)
    openings = sum(sign in SIGNS for sign in row)
    extra = left_over * spacing.spread / openings if openings else 0.0
    x = room.x + (left_over - extra * openings) * spacing.align
    found = []
    for place, sign in enumerate(row):
        width = natural[place] * squeeze + (extra if sign in SIGNS else 0.0)
        found.append(Placed(sign, line.box(sign, place, x, width, room.y + room.height / 2, squeeze)))
        x += width + gaps[place] * squeeze
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    face: Face
    spacing: Spacing
    cap_px: int

    def width(self, sign: str, place: int) -> float:
        """Width in pixels of a sign's place."""
        spacing = self.spacing
        if is_character(sign):
            return max(self._ink(sign), spacing.cell * self.cap_px) * self._height(place)
        share = {
            GAP: spacing.group,
            NARROW: spacing.group / 2,
            HYPHEN: spacing.hyphen,
            DOT: spacing.hyphen_stroke * 1.3,
            STROKE: spacing.letter,
            SLOT: spacing.slot,
        }[sign]
        return share * self.cap_px

    def box(self, sign: str, place: int, x: float, width: float, middle: float, squeeze: float) -> Box:  # noqa: PLR0917
        """Box of a sign in its place, which begins at x. squeeze: how much narrower than natural the line is."""
        height = self.cap_px if squeeze >= MOST_SQUEEZE else max(round(self.cap_px * squeeze / MOST_SQUEEZE), 6)
        top = middle - height / 2
        if is_character(sign):
            share = self._height(place)
            own = min(self._ink(sign) * share * squeeze, width)
            lower = max(round(height * share), 4)
            down = (height - lower) * (self.spacing.small.down if self.spacing.small else 0.0)
            return Box(round(x + (width - own) / 2), round(top + down), max(round(own), 2), lower)
        thick = max(round(height * self.spacing.hyphen_stroke), 2)
        at = top + height * self.spacing.hyphen_at - thick / 2
        if sign == HYPHEN:
            return Box(round(x), round(at), max(round(width), 2), thick)
        if sign == DOT:
            return Box(round(x + (width - thick) / 2), round(at), thick, thick)
        return Box(round(x), round(top), max(round(width), 1), height)

    def _ink(self, character: str) -> float:
        return natural_width(self.face, character) * self.cap_px * self.spacing.stretch

    def _height(self, place: int) -> float:
        small = self.spacing.small
        return small.height if small and small.first <= place <= small.last else 1.0


def _after(first: str, second: str, spacing: Spacing) -> float:
    """Gap between two neighbours; an empty gap needs none around it."""
    if first in GAP + NARROW or second in GAP + NARROW:
        return 0.0
    return spacing.letter
