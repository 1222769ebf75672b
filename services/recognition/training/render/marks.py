"""Marks that are no characters of the text: seals, shields, stickers, stamps, stripes, small words."""

import cv2
import numpy as np
from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.training.render import sprites
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.design import Mark
from services.recognition.training.render.face import Face, Mask
from services.recognition.training.render.paint import (
    Box,
    Colour,
    disc,
    fill,
    mixed,
    stain,
)
from services.recognition.training.render.palette import PURE_WHITE

INK: Colour = (25, 22, 20)
# Small words are set at this height and made smaller from it. Signs: the rows of ink.
SMALL_PX = 32
SIGNS = {" ": slice(0, 0), ".": slice(26, 32), "-": slice(13, 18)}


def lettering(pixels: Pixels, words: str, box: Box, face: Face, colour: Colour) -> None:
    """Writes words in a box, centred, as large as it allows. Characters the face lacks are left out."""
    line = _line(face, words.upper())
    if line.size == 0:
        return
    wide = line.shape[1] * box.height / line.shape[0]
    scale = min(1.0, box.width / wide)
    size = (max(round(wide * scale), 1), max(round(box.height * max(scale, 0.8)), 1))
    line = np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_AREA), np.uint8)
    x, y = box.centre
    stain(pixels, line, round(x - line.shape[1] / 2), round(y - line.shape[0] / 2), colour)


def nothing(pixels: Pixels, box: Box, rng: Generator) -> None:
    """An empty field."""


def oval_stamp(colour: Colour) -> Mark:
    """The relief stamp of Belgian plates: an oval with two strokes in it."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        centre = (round(box.centre[0] * 16), round(box.centre[1] * 16))
        half = (max(round(box.width * 8) - 4, 8), max(round(box.height * 8) - 4, 8))
        seen = mixed(colour, (200, 200, 200), between(rng, 0, 0.5))
        if happens(rng, 0.15):
            cv2.ellipse(pixels, centre, half, 0, 0, 360, seen, -1, cv2.LINE_AA, 4)
            return
        cv2.ellipse(
            pixels, centre, half, 0, 0, 360, seen, max(round(min(box.width, box.height) / 8), 1), cv2.LINE_AA, 4
        )
        inner = (max(half[0] // 2, 4), max(half[1] // 3, 4))
        cv2.ellipse(pixels, (centre[0], centre[1] - half[1] // 3), inner, 0, 90, 270, seen, 1, cv2.LINE_AA, 4)
        x, y = box.centre
        low = y + box.height * 0.34
        for side in (-1, 1):
            cv2.line(
                pixels, (round(x + side * box.width * 0.2), round(y)), (round(x), round(low)), seen, 1, cv2.LINE_AA
            )

    return mark


def one_of(family: str) -> Mark:
    """Any sprite of a family, such as `shield` or `sticker`."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        sprites.put(pixels, family, box, rng, between(rng, 0.8, 1.0))

    return mark


def stacked(*families: str) -> Mark:
    """Sprites above one another, as large as the box is wide."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        each = box.height // len(families)
        size = max(min(each - 1, round(box.width * between(rng, 0.8, 1.05))), 3)
        for index, family in enumerate(families):
            middle = box.y + each * (index + 0.5)
            place = Box.around(box.centre[0], middle, size, size)
            sprites.put(pixels, family, place, rng)

    return mark


def chosen(*marks: Mark) -> Mark:
    """One of the marks, each as likely."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        pick(rng, marks)(pixels, box, rng)

    return mark


def vignettes(count: int) -> Mark:
    """Date stickers above one another."""
    return stacked(*["vignette"] * count)


def filled(colour: Colour) -> Mark:
    """A field of one colour."""

    def mark(pixels: Pixels, box: Box, _rng: Generator) -> None:
        fill(pixels, box, colour)

    return mark


def stripe(strength: float) -> Mark:
    """A wavy shiny line through the ground, as some plates have against forgery."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        wave = np.sin(np.arange(box.height) * between(rng, 0.1, 0.5) + between(rng, 0, 6)) * box.width / 3
        across = np.abs(np.arange(box.width)[None, :] - box.width / 2 - wave[:, None])
        cover = ((across < max(box.width / 8, 1)) * (strength * 255)).astype(np.uint8)
        stain(pixels, cover, box.x, box.y, pick(rng, (PURE_WHITE, (150, 150, 150), (200, 160, 120))))

    return mark


def dots(count: int, colour: Colour) -> Mark:
    """One or more round spots above one another."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        radius = box.height * between(rng, 0.05, 0.09)
        for index in range(count):
            disc(pixels, box.centre[0], box.y + box.height * (index + 1) / (count + 1), radius, colour)

    return mark


def _line(face: Face, words: str) -> Mask:
    """Words as ink at a fixed height."""
    pieces: list[Mask] = []
    gap = np.zeros((SMALL_PX, SMALL_PX // 6), np.uint8)
    for character in words:
        if character in SIGNS:
            piece = np.zeros((SMALL_PX, SMALL_PX // 3), np.uint8)
            piece[SIGNS[character]] = 255
        elif face.has(character):
            piece = face.mask(character, SMALL_PX)
        else:
            continue
        pieces += (piece, gap)
    return np.concatenate(pieces[:-1], axis=1) if pieces else np.zeros((0, 0), np.uint8)
