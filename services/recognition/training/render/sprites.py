"""Small coloured pictures that are drawn once and then only made smaller: shields, seals, stickers, flags, logos."""

from collections.abc import Callable
from functools import lru_cache
from math import cos, pi, sin

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.training.render import faces, palette
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.face import Mask
from services.recognition.training.render.paint import Box, Colour, disc, lay, outline, polygon

MASTER_PX = 96
# How many different ones of each family are ever drawn.
VARIETY = 120
Points = NDArray[np.float64]
Sprite = tuple[Pixels, Mask]


def put(pixels: Pixels, family: str, box: Box, rng: Generator, strength: float = 1.0) -> None:
    """Paints one of a family into a box, as large as fits. KeyError for an unknown family."""
    picture, cover = _sized(family, int(rng.random() * VARIETY), box.width, box.height)
    place = Box.around(*box.centre, cover.shape[1], cover.shape[0])
    lay(pixels, picture, cover, place.x, place.y, strength=strength)


@lru_cache(maxsize=8192)
def _sized(family: str, number: int, width: int, height: int) -> Sprite:
    picture, cover = _master(family, number)
    scale = min(width / cover.shape[1], height / cover.shape[0])
    size = (max(round(cover.shape[1] * scale), 2), max(round(cover.shape[0] * scale), 2))
    smaller = [np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8) for part in (picture, cover)]
    return smaller[0], smaller[1]


@lru_cache(maxsize=1024)
def _master(family: str, number: int) -> Sprite:
    rng = default_rng([number, *family.encode()])
    return FAMILIES[family](rng)


def _canvas(colour: Colour, width: int = MASTER_PX, height: int = MASTER_PX) -> Pixels:
    return np.full((height, width, 3), colour, np.uint8)


def _cover(points: Points) -> Mask:
    shape = np.zeros((MASTER_PX, MASTER_PX), np.uint8)
    polygon(shape, points, palette.PURE_WHITE)
    return shape


def _circle(radius: float, sides: int = 40) -> Points:
    angles = np.arange(sides) * (2 * pi / sides) + pi / sides
    return MASTER_PX / 2 + radius * np.stack([np.sin(angles), np.cos(angles)], axis=1)


def _heater(rng: Generator) -> Points:
    """The outline of a shield: straight or curved above, pointed or round below, sometimes crowned."""
    wide, shoulder, belly = between(rng, 0.34, 0.46), between(rng, 0.30, 0.62), between(rng, 0.0, 1.0)
    steps = np.linspace(0, 1, 12)
    side = np.stack(
        [
            wide * (1 - steps**2) ** (0.35 + 0.65 * belly),
            -0.46 + (shoulder + (0.92 - shoulder) * steps),
        ],
        axis=1,
    )
    crown = np.array([(wide, -0.46), (wide / 2, -0.46 + between(rng, -0.03, 0.04)), (0.0, -0.46)])
    right = np.concatenate([crown[::-1], side])
    left = right[::-1] * (-1, 1)
    return np.asarray((np.concatenate([right, left]) + 0.5) * MASTER_PX)


def _charges(picture: Pixels, rng: Generator) -> None:
    """What a coat of arms shows: fields, bars, crosses, chequers, a beast that is a blot at this size."""
    size = MASTER_PX
    first, second, third = (palette.any_vivid(rng) for _ in range(3))
    what = int(rng.random() * 8)
    if what == 0:
        count = int(rng.integers(2, 6))
        for step in range(0, count, 2):
            cv2.rectangle(picture, (0, step * size // count), (size, (step + 1) * size // count), first, -1)
    elif what == 1:
        count = int(rng.integers(2, 5))
        for step in range(0, count, 2):
            cv2.rectangle(picture, (step * size // count, 0), ((step + 1) * size // count, size), first, -1)
    elif what == 2:
        thick = int(rng.integers(10, 22))
        at = int(between(rng, 0.3, 0.55) * size)
        cv2.rectangle(picture, (size // 2 - thick // 2, 0), (size // 2 + thick // 2, size), first, -1)
        cv2.rectangle(picture, (0, at), (size, at + thick), first, -1)
    elif what == 3:
        step = int(rng.integers(12, 20))
        across, down = np.meshgrid(np.arange(size) // step, np.arange(size) // step)
        picture[(across + down) % 2 == 0] = first
    elif what == 4:
        _blot(picture, rng, first, (size * 0.5, size * 0.48), size * 0.34)
    elif what == 5:
        cv2.rectangle(picture, (0, 0), (size, int(size * between(rng, 0.3, 0.5))), first, -1)
        _blot(picture, rng, second, (size * 0.5, size * 0.66), size * 0.2)
    elif what == 6:
        cv2.rectangle(picture, (0, 0), (size // 2, size // 2), first, -1)
        cv2.rectangle(picture, (size // 2, size // 2), (size, size), second, -1)
        _blot(picture, rng, third, (size * 0.5, size * 0.5), size * 0.16)
    else:
        _double_cross(picture, rng, first, second)


def _double_cross(picture: Pixels, rng: Generator, first: Colour, second: Colour) -> None:
    """A cross with two bars on three hills: the strokes that a reader takes for a letter."""
    size = MASTER_PX
    for x in (0.3, 0.5, 0.7):
        disc(picture, size * x, size * (0.8 if x == 0.5 else 0.86), size * 0.16, second)
    thick = int(rng.integers(7, 12))
    cv2.rectangle(
        picture, (size // 2 - thick // 2, int(size * 0.16)), (size // 2 + thick // 2, int(size * 0.7)), first, -1
    )
    for at, half in ((0.28, 0.15), (0.45, 0.22)):
        y = int(size * at)
        cv2.rectangle(picture, (int(size * (0.5 - half)), y), (int(size * (0.5 + half)), y + thick), first, -1)


def _blot(picture: Pixels, rng: Generator, colour: Colour, at: tuple[float, float], radius: float) -> None:
    """A beast, an eagle or a tree, seen from afar."""
    x, y = at
    sides = int(rng.integers(7, 16))
    angles = np.arange(sides) * (2 * pi / sides)
    reach = radius * (0.45 + 0.55 * rng.random(sides))
    if happens(rng, 0.5):
        reach = (reach + reach[::-1]) / 2
    polygon(picture, np.stack([x + reach * np.sin(angles), y - reach * np.cos(angles)], axis=1), colour)
    for _ in range(int(rng.integers(0, 4))):
        disc(
            picture,
            x + between(rng, -1, 1) * radius * 0.7,
            y + between(rng, -1, 1) * radius * 0.7,
            radius * 0.2,
            colour,
        )


def shield(rng: Generator) -> Sprite:
    """A coat of arms."""
    picture = _canvas(palette.any_vivid(rng))
    _charges(picture, rng)
    shape = _heater(rng) if happens(rng, 0.75) else _circle(44, int(rng.integers(4, 9)))
    outline(
        picture,
        shape,
        pick(rng, (palette.BLACK, palette.YELLOW, palette.PURE_WHITE, palette.GREY)),
        int(rng.integers(1, 7)),
    )
    return picture, _cover(shape)


def seal(rng: Generator) -> Sprite:
    """The round seal of an office: a coat of arms in a ring of words too small to read."""
    ground = pick(rng, (palette.PURE_WHITE, palette.SILVER, palette.GREY, palette.any_vivid(rng)))
    picture = _canvas(ground)
    ink = palette.standing_out(ground)
    for step in range(int(rng.integers(14, 34))):
        if happens(rng, 0.8):
            angle, far = step * 0.27, between(rng, 0.38, 0.43) * MASTER_PX
            disc(picture, 48 + far * sin(angle), 48 - far * cos(angle), between(rng, 1.5, 3.2), ink)
    inner = _canvas(palette.any_vivid(rng))
    _charges(inner, rng)
    small = cv2.resize(inner, (44, 48), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(_cover(_heater(rng)), (44, 48), interpolation=cv2.INTER_AREA)
    part = picture[25:73, 26:70]
    part[cover > 127] = small[cover > 127]
    shape = _circle(46)
    if happens(rng, 0.6):
        outline(picture, shape, ink, int(rng.integers(2, 6)))
    return picture, _cover(shape)


def sticker(rng: Generator) -> Sprite:
    """A round or six-sided test sticker: one colour, a year or a month in the middle, ticks around it."""
    ground = palette.any_vivid(rng)
    picture = _canvas(ground)
    ink = palette.standing_out(ground)
    for step in range(12):
        far = 39.0
        disc(picture, 48 + far * sin(step * pi / 6), 48 - far * cos(step * pi / 6), between(rng, 2.0, 4.5), ink)
    if happens(rng, 0.75):
        disc(picture, 48, 48, between(rng, 18, 29), pick(rng, (palette.PURE_WHITE, ink, palette.SILVER, ground)))
        _write(picture, f"{int(rng.integers(1, 40)):02d}", 22, ink if happens(rng, 0.5) else palette.BLACK)
    shape = _circle(46, pick(rng, (40, 40, 6, 8)))
    outline(picture, shape, pick(rng, (ink, ground, palette.GREY)), int(rng.integers(1, 5)))
    return picture, _cover(shape)


def vignette(rng: Generator) -> Sprite:
    """A standing date sticker: a year, or a day above a month."""
    ground = palette.any_vivid(rng)
    wide = int(rng.integers(44, 90))
    picture = _canvas(ground, wide)
    ink = palette.standing_out(ground)
    lines = [f"{int(rng.integers(1, 100)):02d}" for _ in range(int(rng.integers(1, 4)))]
    for index, words in enumerate(lines):
        high = int(min(MASTER_PX / len(lines) * 0.62, wide * 0.66))
        _write(picture, words, high, ink, MASTER_PX * (index + 0.5) / len(lines))
    if happens(rng, 0.5):
        cv2.rectangle(picture, (1, 1), (wide - 2, MASTER_PX - 2), ink, 2)
    return picture, np.full((MASTER_PX, wide), 255, np.uint8)


def hologram(rng: Generator) -> Sprite:
    """A shiny patch with lines in it."""
    picture = _canvas(pick(rng, (palette.SILVER, palette.GREY, palette.LIGHT_BLUE, palette.PURE_WHITE)))
    for _ in range(int(rng.integers(3, 9))):
        at = [int(part) for part in rng.integers(0, MASTER_PX, 4)]
        cv2.line(picture, (at[0], at[1]), (at[2], at[3]), palette.any_vivid(rng), int(rng.integers(1, 6)))
    picture = np.asarray(cv2.blur(picture, (9, 9)), np.uint8)
    shape = _circle(46, pick(rng, (4, 40, 6)))
    return picture, _cover(shape)


def flag(rng: Generator) -> Sprite:
    """A flag of stripes or a cross."""
    wide, high = MASTER_PX, int(rng.integers(54, 72))
    colours = [palette.any_vivid(rng) for _ in range(3)]
    picture = _canvas(colours[0], wide, high)
    way = int(rng.random() * 4)
    for step in range(3):
        if way == 0:
            cv2.rectangle(picture, (step * wide // 3, 0), ((step + 1) * wide // 3, high), colours[step], -1)
        elif way == 1:
            cv2.rectangle(picture, (0, step * high // 3), (wide, (step + 1) * high // 3), colours[step], -1)
    if way >= 2:
        at = wide // 2 if way == 2 else wide // 3
        cv2.rectangle(picture, (at - 9, 0), (at + 9, high), colours[1], -1)
        cv2.rectangle(picture, (0, high // 2 - 9), (wide, high // 2 + 9), colours[1], -1)
        if happens(rng, 0.5):
            cv2.line(picture, (0, 0), (wide, high), colours[2], 7)
            cv2.line(picture, (wide, 0), (0, high), colours[2], 7)
    return picture, np.full((high, wide), 255, np.uint8)


def blank(rng: Generator) -> Sprite:
    """Where a sticker has come off: a pale or dirty trace, or nothing."""
    picture = _canvas(pick(rng, (palette.SILVER, palette.GREY, palette.PURE_WHITE)))
    return picture, np.asarray(_cover(_circle(44)) // int(rng.integers(1, 9)), np.uint8)


def logo(rng: Generator) -> Sprite:
    """The sign of a region: a shield, or a few bold shapes."""
    if happens(rng, 0.4):
        return shield(rng)
    picture = _canvas(palette.any_vivid(rng))
    for _ in range(int(rng.integers(2, 5))):
        _blot(picture, rng, palette.any_vivid(rng), (between(rng, 24, 72), between(rng, 24, 72)), between(rng, 10, 34))
    shape = _circle(46, pick(rng, (4, 40)))
    return picture, _cover(shape)


def _write(picture: Pixels, words: str, high: int, colour: Colour, y: float = MASTER_PX / 2) -> None:
    face = faces.BELGIAN
    glyphs = [face.mask(character, high) for character in words]
    x = picture.shape[1] / 2 - sum(glyph.shape[1] + 3 for glyph in glyphs) / 2
    for glyph in glyphs:
        left, top = max(round(x), 0), max(round(y - high / 2), 0)
        part = picture[top : top + glyph.shape[0], left : left + glyph.shape[1]]
        part[glyph[: part.shape[0], : part.shape[1]] > 127] = colour
        x += glyph.shape[1] + 3


FAMILIES: dict[str, Callable[[Generator], Sprite]] = {
    "shield": shield,
    "seal": seal,
    "sticker": sticker,
    "vignette": vignette,
    "hologram": hologram,
    "flag": flag,
    "logo": logo,
    "blank": blank,
}
