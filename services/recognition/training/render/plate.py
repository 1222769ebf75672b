"""Draws plates that nobody has: pixels, text, and the exact place of every character."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.reading import Layout
from services.recognition.training.render import kinds, marks
from services.recognition.training.render.chance import between
from services.recognition.training.render.design import Anchored, Band, Decal, Design
from services.recognition.training.render.face import Mask
from services.recognition.training.render.layout import DOT, HYPHEN, SLOT, STROKE, Placed, glyph, is_character, placed
from services.recognition.training.render.paint import Box, fill, ink, stain, two_tone

KINDS = kinds.WEIGHTS
LINE_HEIGHT_PX = 80.0


@dataclass(frozen=True, slots=True)
class CharacterBox:
    """A character and the box of its ink, in plate pixels. line: 0 is the upper one."""

    character: str = field(repr=False)
    x: int
    y: int
    width: int
    height: int
    line: int


@dataclass(frozen=True, slots=True)
class PlateArt:
    """A drawn plate.

    pixels: (height, width, 3) BGR, about 80 px for every line; text: normal form; country: ISO 3166-1 alpha-2, empty
    when the look belongs to none; characters: in reading order.
    """

    pixels: Pixels = field(repr=False)
    text: str = field(repr=False)
    country: str
    series: str
    layout: Layout
    characters: tuple[CharacterBox, ...] = field(repr=False)


def draw(rng: Generator, kind: str | None = None) -> PlateArt:
    """Draws a plate of a kind, or of one that chance picks by the weights in KINDS. KeyError for an unknown kind."""
    return paint(rng, kinds.design(rng, kind))


def paint(rng: Generator, design: Design) -> PlateArt:
    """Paints a design. The same design and generator give the same picture."""
    scale = LINE_HEIGHT_PX * len(design.rows) / design.height_mm * between(rng, 0.93, 1.07)
    height, width = round(design.height_mm * scale), round(design.width_mm * scale)
    rows = [
        placed(row, design.face, design.spacing, room, max(round(room.height * design.cap), 8))
        for row, room in zip(design.rows, _rooms(design, width, height, scale), strict=True)
    ]
    if design.wobble:
        rows = [[_wobbled(rng, sign, design.wobble, height) for sign in row] for row in rows]
    mask = np.zeros((height, width), np.uint8)
    _letter(mask, design, rows)
    letters = mask.copy()
    _frame(mask, design, scale)
    pixels = two_tone(mask, design.ground, design.ink)
    _tint(pixels, letters, design, rows)
    _press(pixels, mask, design.relief)
    for band, is_right in ((design.left, False), (design.right, True)):
        if band:
            _band(pixels, band, is_right, scale, rng)
    if design.slot:
        for row in rows:
            for sign, box in row:
                if sign == SLOT:
                    design.slot(pixels, box, rng)
    for hung in design.anchored:
        tall = max(box.height for _, box in rows[0])
        centre = rows[0][hung.sign].box.centre[0], rows[0][0].box.centre[1] + hung.dy * tall
        _hang(pixels, hung, centre, scale, rng)
    for decal in design.decals:
        _hang(pixels, decal, (width * decal.x, height * decal.y), scale, rng)
    for caption in design.captions:
        high = max(round(caption.height_mm * scale), 5)
        half = min(caption.x, 1 - caption.x) * 0.94
        place = Box(
            round(width * (caption.x - half)), round(height * caption.y - high / 2), round(width * half * 2), high
        )
        marks.lettering(pixels, caption.words, place, design.face, caption.colour)
    characters = tuple(
        CharacterBox(sign, box.x, box.y, box.width, box.height, line)
        for line, row in enumerate(rows)
        for sign, box in row
        if is_character(sign)
    )
    text = "".join(box.character for box in characters)
    layout = Layout.ONE_LINE if len(rows) == 1 else Layout.TWO_LINES
    return PlateArt(pixels, text, design.country, design.series, layout, characters)


def _rooms(design: Design, width: int, height: int, scale: float) -> list[Box]:
    """Where each row may stand."""
    border = (design.border.inset_mm + design.border.width_mm if design.border else 0.0) * scale
    top, bottom = border + design.top * height, height - border - design.bottom * height
    each = (bottom - top) / len(design.rows)
    rooms = []
    for index in range(len(design.rows)):
        middle = (top + each * (index + 0.5)) / height
        left = right = border + design.margin_mm * scale
        if design.left and middle < design.left.height:
            left = max(left, (design.left.inset_mm + design.left.width_mm + design.margin_mm / 2) * scale)
        if design.right and middle < design.right.height:
            right = max(right, (design.right.inset_mm + design.right.width_mm + design.margin_mm / 2) * scale)
        rooms.append(Box(round(left), round(top + each * index), max(round(width - left - right), 20), round(each)))
    return rooms


def _wobbled(rng: Generator, sign: Placed, wobble: float, height: int) -> Placed:
    """A character a little higher or lower than its line, but on the plate."""
    box = sign.box
    y = box.y + round(between(rng, -wobble, wobble) * box.height)
    return Placed(sign.sign, box._replace(y=min(max(y, 0), height - box.height))) if is_character(sign.sign) else sign


def _letter(mask: Mask, design: Design, rows: list[list[Placed]]) -> None:
    for row in rows:
        for sign, box in row:
            if is_character(sign):
                ink(mask, glyph(design.face, sign, box.height, box.width), box.x, box.y)
            elif sign in (HYPHEN, DOT):
                ink(mask, np.full((box.height, box.width), 255, np.uint8), box.x, box.y)
            elif sign == STROKE:
                ink(mask, np.full((box.height, 2), 255, np.uint8), box.x + box.width // 2, box.y)


def _tint(pixels: Pixels, letters: Mask, design: Design, rows: list[list[Placed]]) -> None:
    """Repaints what has an ink of its own: single characters, the border."""
    if design.border and design.border.colour:
        lines = np.zeros_like(letters)
        _frame(lines, design, pixels.shape[0] / design.height_mm)
        stain(pixels, lines, 0, 0, design.border.colour)
    if design.inks:
        boxes = [box for row in rows for sign, box in row if is_character(sign)]
        for index, colour in design.inks:
            box = boxes[index]
            stain(pixels, letters[box.y : box.y + box.height, box.x : box.x + box.width], box.x, box.y, colour)


def _frame(mask: Mask, design: Design, scale: float) -> None:
    """Draws the border into the ink."""
    if not design.border:
        return
    height, width = mask.shape
    thick = max(round(design.border.width_mm * scale), 1)
    inset = round(design.border.inset_mm * scale)
    radius = max(round(design.border.radius_mm * scale), 1)
    outer = _rounded(width, height, inset, radius)
    outer -= _rounded(width, height, inset + thick, max(radius - thick, 1))
    np.maximum(mask, outer, out=mask)


def _rounded(width: int, height: int, inset: int, radius: int) -> Mask:
    """A filled box with round corners."""
    mask: Mask = np.zeros((height, width), np.uint8)
    right, bottom = width - 1 - inset, height - 1 - inset
    mask[inset + radius : bottom - radius + 1, inset : right + 1] = 255
    mask[inset : bottom + 1, inset + radius : right - radius + 1] = 255
    for x in (inset + radius, right - radius):
        for y in (inset + radius, bottom - radius):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask


def _press(pixels: Pixels, mask: Mask, strength: float) -> None:
    """Pressed letters: light on their upper left edges, dark on the lower right ones."""
    if strength <= 0:
        return
    above = np.zeros_like(mask)
    above[1:, 1:] = mask[:-1, :-1]
    for edge, sign in ((cv2.subtract(mask, above), 1), (cv2.subtract(above, mask), -1)):
        shade = cv2.convertScaleAbs(edge, alpha=strength * 0.4)
        shade = cv2.merge((shade, shade, shade))
        (cv2.add if sign > 0 else cv2.subtract)(pixels, shade, pixels)


def _hang(pixels: Pixels, hung: Anchored | Decal, centre: tuple[float, float], scale: float, rng: Generator) -> None:
    wide, high = max(round(hung.width_mm * scale), 2), max(round(hung.height_mm * scale), 2)
    hung.mark(pixels, Box.around(*centre, wide, high), rng)


def _band(pixels: Pixels, band: Band, is_right: bool, scale: float, rng: Generator) -> None:
    inset = round(band.inset_mm * scale)
    wide = max(round(band.width_mm * scale), 3)
    high = max(round((pixels.shape[0] - 2 * inset) * band.height), 3)
    box = Box(pixels.shape[1] - inset - wide if is_right else inset, inset, wide, high)
    fill(pixels, box, band.colour)
    band.mark(pixels, box, rng)
