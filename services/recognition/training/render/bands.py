"""What stands in a coloured band at the edge of a plate: stars, flags, letters of a country, numbers of a region."""

from math import cos, pi, sin

import cv2
from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.training.render import faces, sprites
from services.recognition.training.render.chance import between, happens, pick
from services.recognition.training.render.design import Mark
from services.recognition.training.render.marks import INK, chosen, lettering
from services.recognition.training.render.paint import Box, Colour, disc, jittered
from services.recognition.training.render.palette import PURE_WHITE

STAR_YELLOW: Colour = (30, 205, 245)


def ring_of_stars(pixels: Pixels, x: float, y: float, radius_px: float) -> None:
    """The twelve stars of the European flag; at this size a star is a spot."""
    for step in range(12):
        angle = step * pi / 6
        disc(pixels, x + radius_px * sin(angle), y - radius_px * cos(angle), radius_px * 0.17, STAR_YELLOW)


def euro_band(letters: str) -> Mark:
    """Stars above the letters of a country."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        middle = box.x + box.width / 2
        radius = box.width * between(rng, 0.27, 0.36)
        if happens(rng, 0.95):
            ring_of_stars(pixels, middle, box.y + box.height * between(rng, 0.25, 0.34), radius)
        _in_band(pixels, letters, box, between(rng, 0.68, 0.8), rng, between(rng, 0.22, 0.34))

    return mark


def flag_band(letters: str) -> Mark:
    """A flag above the letters of a country."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        wide = round(box.width * between(rng, 0.66, 0.86))
        place = Box(round(box.centre[0] - wide / 2), round(box.y + box.height * 0.16), wide, round(box.height * 0.3))
        sprites.put(pixels, pick(rng, ("flag", "flag", "flag", "shield")), place, rng)
        _in_band(pixels, letters, box, between(rng, 0.7, 0.8), rng, between(rng, 0.22, 0.32))

    return mark


def shield_band(letters: str) -> Mark:
    """A coat of arms above or below the letters of a country, as on plates whose readers take it for one more letter."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        size = round(min(box.width * between(rng, 0.7, 0.95), box.height * 0.5))
        at, letters_at = (0.3, 0.75) if happens(rng, 0.6) else (0.72, 0.27)
        place = Box.around(box.centre[0], box.y + box.height * at, size, size)
        sprites.put(pixels, "shield", place, rng)
        _in_band(pixels, letters, box, letters_at, rng, between(rng, 0.2, 0.32))

    return mark


def oval_sign(letters: str) -> Mark:
    """The oval with the letters of a country, as before there was a European band."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        x, y = box.centre[0], box.y + box.height * between(rng, 0.3, 0.7)
        half = (box.width * 0.44, min(box.width * between(rng, 0.28, 0.4), box.height * 0.4))
        axes = (round(half[0] * 16), round(half[1] * 16))
        centre = (round(x * 16), round(y * 16))
        cv2.ellipse(pixels, centre, axes, 0, 0, 360, PURE_WHITE, -1, cv2.LINE_AA, 4)
        cv2.ellipse(pixels, centre, axes, 0, 0, 360, INK, 1, cv2.LINE_AA, 4)
        high = max(round(half[1] * 1.1), 5)
        place = Box(round(x - half[0] * 0.7), round(y - high / 2), round(half[0] * 1.4), high)
        lettering(pixels, letters, place, pick(rng, faces.general()), INK)

    return mark


def region(number: str) -> Mark:
    """The sign of a region above the number of a department, as at the right of French plates."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        size = round(box.width * between(rng, 0.6, 0.8))
        logo_at, number_at = (0.3, 0.74) if happens(rng, 0.85) else (0.7, 0.28)
        place = Box.around(box.centre[0], box.y + box.height * logo_at, size, size)
        sprites.put(pixels, "logo", place, rng)
        _in_band(pixels, number, box, number_at, rng, between(rng, 0.24, 0.34))

    return mark


def months(colour: Colour, count: int = 2) -> Mark:
    """Small numbers above one another, two with a line between them."""

    def mark(pixels: Pixels, box: Box, rng: Generator) -> None:
        high = max(round(box.height * between(rng, 0.22, 0.3)), 5)
        for index in range(count):
            words = f"{int(rng.integers(1, 32)):02d}"
            middle = box.y + box.height * (index + 0.5) / count
            place = Box(box.x + 1, round(middle - high / 2), box.width - 2, high)
            lettering(pixels, words, place, pick(rng, faces.general()), colour)
        if count == 2:
            y = round(box.centre[1])
            cv2.line(pixels, (box.x + box.width // 6, y), (box.x + box.width * 5 // 6, y), colour, 2)

    return mark


def flag_or_stars(letters: str) -> Mark:
    """The national flag of older plates, or the stars."""
    return chosen(euro_band(letters), euro_band(letters), flag_band(letters))


def shield_or_stars(letters: str) -> Mark:
    """A coat of arms in the band, or the stars."""
    return chosen(euro_band(letters), shield_band(letters))


def _in_band(  # noqa: PLR0917 - where, what and how large
    pixels: Pixels, words: str, box: Box, at: float, rng: Generator, height: float
) -> None:
    """White words in a band. at: their middle as a share of its height."""
    high = max(round(min(box.height * height, box.width * 0.85)), 5)
    wide = round(box.width * 0.84)
    place = Box.around(box.centre[0], box.y + box.height * at, wide, high)
    lettering(pixels, words, place, pick(rng, faces.general()), jittered(rng, PURE_WHITE, 12))
