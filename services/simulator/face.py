"""The face of a plate: ground, border, band, characters, hyphens, stamp and seals, seen straight on.

Sizes follow the Belgian decree of 23 July 2001 (sheets, border 5 mm, band 45 x 100 mm, stamp 20 x 12 mm, ruby red RAL
3003); the neighbours' are drawn to look right and not measured.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from services.simulator.glyphs import glyph, glyph_width
from services.simulator.plates import SIZES_MM, Plate, Sheet

PX_PER_MM = 2.0
Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

# Blue, green, red, as OpenCV has them.
WHITE: Colour = (236, 238, 236)
RUBY: Colour = (38, 24, 138)
BLACK: Colour = (28, 26, 24)
MOSS: Colour = (62, 104, 38)
TRAFFIC_RED: Colour = (34, 26, 186)
BAND_BLUE: Colour = (140, 52, 6)
STAR: Colour = (40, 204, 250)


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and marks of a kind of plate. `band` is the lettering of the left band, empty for none."""

    ground: Colour
    ink: Colour
    band: str
    border_mm: float = 5.0


YELLOW: dict[str, Colour] = {"NL": (24, 178, 246), "LU": (44, 206, 250), "GB": (34, 190, 246)}
LOOKS = {
    "BE": Look(WHITE, RUBY, "B"),
    "NL": Look(YELLOW["NL"], BLACK, "NL", 2.0),
    "FR": Look(WHITE, BLACK, "F", 0.0),
    "DE": Look(WHITE, BLACK, "D", 4.0),
    "LU": Look(YELLOW["LU"], BLACK, "L", 0.0),
    "GB": Look(WHITE, BLACK, "", 0.0),
}
SERIES_LOOKS = {
    "BE_COMM": Look(WHITE, MOSS, "B"),
    "BE_TEMP_SHORT": Look(TRAFFIC_RED, WHITE, "B"),
    "BE_1973": Look(WHITE, RUBY, ""),
    "BE_2008": Look(WHITE, RUBY, ""),
}
# Height of the characters and upper edge of each line, in mm.
LINES_MM = {
    Sheet.LONG: (76.0, (17.0,)),
    Sheet.OLD: (70.0, (17.5,)),
    Sheet.SQUARE: (78.0, (18.0, 114.0)),
    Sheet.MOTORCYCLE: (51.0, (12.5, 76.0)),
}


@lru_cache(maxsize=256)
def draw_face(plate: Plate, *, rear: bool) -> Picture:
    """The plate at `PX_PER_MM`, BGR (height, width, 3). Do not write to it: it is shared."""
    look = _look(plate, rear=rear)
    width_mm, height_mm = SIZES_MM[plate.sheet]
    face: Picture = np.empty((_px(height_mm), _px(width_mm), 3), np.uint8)
    face[:] = look.ground
    left_mm = _draw_band(face, look, plate.sheet)
    right_mm = _draw_right(face, plate)
    _draw_border(face, look)
    height, tops = LINES_MM[plate.sheet]
    for number, (line, top) in enumerate(zip(plate.lines, tops, strict=False)):
        beside_band = plate.sheet is not Sheet.MOTORCYCLE or number == 0
        start = left_mm if beside_band else look.border_mm
        _draw_text(face, line, look, (start, right_mm), (top, height), first=number == 0, country=plate.country)
    return face


def _look(plate: Plate, *, rear: bool) -> Look:
    if plate.country == "GB":
        return Look(YELLOW["GB"] if rear else WHITE, BLACK, "", 0.0)
    return SERIES_LOOKS.get(plate.series, LOOKS.get(plate.country, LOOKS["BE"]))


def _px(length_mm: float) -> int:
    return round(length_mm * PX_PER_MM)


def _draw_border(face: Picture, look: Look) -> None:
    thickness = _px(look.border_mm)
    if thickness:
        height, width = face.shape[:2]
        inner = thickness // 2
        cv2.rectangle(face, (inner, inner), (width - 1 - inner, height - 1 - inner), look.ink, thickness)


def _draw_band(face: Picture, look: Look, sheet: Sheet) -> float:
    """The blue band at the left; answers where the free ground begins, in mm."""
    if not look.band:
        return max(look.border_mm, 4.0)
    small = sheet is Sheet.MOTORCYCLE
    width, height = (31.0, 62.0) if small else (45.0, 100.0)
    edge = look.border_mm
    bottom = edge + height if sheet in (Sheet.MOTORCYCLE, Sheet.SQUARE) else SIZES_MM[sheet][1] - edge
    cv2.rectangle(face, (_px(edge), _px(edge)), (_px(width), _px(bottom)), BAND_BLUE, -1)
    middle = (edge + width) / 2
    radius = 9.5 if small else 14.0
    star_y = edge + (bottom - edge) * 0.32
    for number in range(12):
        angle = number * pi / 6
        at = (_px(middle + radius * cos(angle)), _px(star_y + radius * sin(angle)))
        cv2.circle(face, at, max(1, _px(1.6)), STAR, -1, cv2.LINE_AA)
    letter = 18.0 if small else 26.0
    _draw_letters(face, look.band, WHITE, (middle, bottom - letter - 6), letter)
    return width + 2


def _draw_letters(face: Picture, letters: str, ink: Colour, place_mm: tuple[float, float], height_mm: float) -> None:
    """Small letters of a band, centred on place_mm[0], their upper edge at place_mm[1]."""
    width = height_mm * (0.55 if len(letters) == 1 else 0.5)
    x = place_mm[0] - len(letters) * width / 2
    for letter in letters:
        _ink(face, letter, ink, (x, place_mm[1], width * 0.84, height_mm), height_mm * 0.16)
        x += width


def _draw_right(face: Picture, plate: Plate) -> float:
    """What stands at the right end: France's second band, vignettes; answers where the free ground ends, in mm."""
    width_mm, height_mm = SIZES_MM[plate.sheet]
    if plate.country == "FR":
        cv2.rectangle(face, (_px(width_mm - 45), 0), (_px(width_mm), _px(height_mm)), BAND_BLUE, -1)
        department = f"{sum(plate.text.encode()) % 94 + 1:02d}"
        cv2.ellipse(
            face, (_px(width_mm - 22), _px(32)), (_px(12), _px(15)), 0, 0, 360, (196, 170, 150), -1, cv2.LINE_AA
        )
        _draw_letters(face, department, WHITE, (width_mm - 22, 70), 24)
        return width_mm - 47
    if plate.series in ("BE_COMM", "BE_TEMP_SHORT") and plate.sheet is Sheet.LONG:
        sticker: Colour = (60, 150, 220) if plate.series == "BE_COMM" else (170, 90, 40)
        cv2.rectangle(face, (_px(width_mm - 38), _px(34)), (_px(width_mm - 12), _px(76)), sticker, -1)
        cv2.rectangle(face, (_px(width_mm - 34), _px(40)), (_px(width_mm - 16), _px(58)), WHITE, -1)
        return width_mm - 40
    return width_mm - 6


def _draw_text(
    face: Picture,
    line: str,
    look: Look,
    across_mm: tuple[float, float],
    down_mm: tuple[float, float],
    *,
    first: bool,
    country: str,
) -> None:
    if not line:
        return
    top, height = down_mm
    stroke = height * 0.135
    gap = height * 0.14
    shares = [_share(sign, country) for sign in line]
    room = across_mm[1] - across_mm[0] - 2 * gap - gap * (len(line) - 1)
    unit = min(room / sum(shares), height * 0.57)
    x = (across_mm[0] + across_mm[1] - unit * sum(shares) - gap * (len(line) - 1)) / 2
    separators = 0
    for sign, share in zip(line, shares, strict=True):
        width = unit * share
        if sign.isalnum():
            _ink(face, sign, look.ink, (x, top, max(width, stroke), height), stroke)
        else:
            middle = (x + width / 2, top + height / 2)
            _draw_separator(face, sign, look, middle, (width, stroke))
            if first and separators == 0:
                _draw_mark(face, look, country, (middle[0], top), height)
            separators += 1
        x += width + gap


def _share(sign: str, country: str) -> float:
    """Width of a sign as a share of an ordinary character's."""
    if sign.isalnum():
        return glyph_width(sign)
    if sign == "-":
        return 0.38
    return 0.95 if country == "DE" else 0.5


def _draw_separator(
    face: Picture, sign: str, look: Look, middle_mm: tuple[float, float], size_mm: tuple[float, float]
) -> None:
    if sign == " ":
        return
    half = (size_mm[0] * 0.48, size_mm[1] * 0.48)
    upper_left = (_px(middle_mm[0] - half[0]), _px(middle_mm[1] - half[1]))
    lower_right = (_px(middle_mm[0] + half[0]), _px(middle_mm[1] + half[1]))
    cv2.rectangle(face, upper_left, lower_right, look.ink, -1)


def _draw_mark(face: Picture, look: Look, country: str, place_mm: tuple[float, float], height_mm: float) -> None:
    """Belgium's oval relief stamp above the first hyphen; Germany's two round seals in the first gap."""
    x, top = place_mm
    if country == "BE" and look.band:
        axes = (_px(height_mm * 0.1), _px(height_mm * 0.065))
        cv2.ellipse(face, (_px(x), _px(top + height_mm * 0.2)), axes, 0, 0, 360, look.ink, 2, cv2.LINE_AA)
    if country == "DE":
        for down, radius, colour in ((0.22, 0.2, (150, 120, 60)), (0.74, 0.22, (190, 186, 180))):
            at = (_px(x), _px(top + height_mm * down))
            cv2.circle(face, at, _px(height_mm * radius), colour, -1, cv2.LINE_AA)
            cv2.circle(face, at, _px(height_mm * radius * 0.5), (210, 206, 200), -1, cv2.LINE_AA)


def _ink(face: Picture, sign: str, ink: Colour, box_mm: tuple[float, float, float, float], stroke_mm: float) -> None:
    x, y, width, height = (_px(length) for length in box_mm)
    mask = glyph(sign, max(width, 2), max(height, 2), stroke_mm * PX_PER_MM)
    area = face[y : y + mask.shape[0], x : x + mask.shape[1]]
    share = mask[: area.shape[0], : area.shape[1], None] / np.float32(255)
    area[:] = (area * (1 - share) + np.array(ink, np.float32) * share).astype(np.uint8)
