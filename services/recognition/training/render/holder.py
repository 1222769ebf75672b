"""The frame that a dealer screws a plate into, with his name, or the car's own recess."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from services.common.raster import Pixels
from services.recognition.training.render.chance import between, happens, pick

PART_HELD, PART_LETTERED = 0.35, 0.6
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
SIGNS = "ABCDEFGHIKLMNOPRSTUVWZ   abcdefghiklmnoprstuvwz   0123456789.-&"


@dataclass(frozen=True, slots=True)
class Held:
    """A plate in its holder, and where in these pixels the plate begins."""

    pixels: Pixels
    left: int
    top: int


def held(pixels: Pixels, rng: Generator, share: float = 1.0) -> Held:
    """The plate, in a share of cases with a rim of plastic around it and words below or above."""
    if not happens(rng, PART_HELD * share):
        return Held(pixels, 0, 0)
    height = pixels.shape[0]
    side, low, high = (
        max(1, int(height * between(rng, *reach))) for reach in ((0.01, 0.06), (0.02, 0.06), (0.02, 0.06))
    )
    is_lettered, is_below = happens(rng, PART_LETTERED), happens(rng, 0.85)
    strip = int(min(height, 110) * between(rng, 0.1, 0.24)) if is_lettered else 0
    low, high = (low + strip, high) if is_below else (low, high + strip)
    tone = (
        tuple(between(rng, 5, 60) + rng.normal(0, 4, 3))
        if happens(rng, 0.8)
        else tuple(between(rng, 90, 235) * np.ones(3))
    )
    whole = np.asarray(cv2.copyMakeBorder(pixels, high, low, side, side, cv2.BORDER_CONSTANT, value=tone), np.uint8)
    if strip:
        top = whole.shape[0] - low if is_below else 0
        _letter(whole[top : top + strip + 2, side:-side], tone[0], rng)
    return Held(whole, side, high)


def _letter(strip: Pixels, tone: float, rng: Generator) -> None:
    """Words of nobody, as large as the strip is high."""
    height, width = strip.shape[:2]
    words = "".join(SIGNS[place] for place in rng.integers(0, len(SIGNS), int(rng.integers(6, 28))))
    words = words.upper() if happens(rng, 0.5) else words
    font = pick(rng, FONTS)
    size = height * between(rng, 0.45, 0.85) / 21
    across = cv2.getTextSize(words, font, size, 1)[0][0]
    size *= min(1.0, width * 0.96 / max(1, across))
    left = int((width - min(across, width * 0.96)) * between(rng, 0.05, 0.95))
    bright = between(rng, 170, 250) if tone < 90 else between(rng, 10, 60)
    colour = (bright, bright, bright) if happens(rng, 0.7) else tuple(rng.uniform(0, 255, 3).tolist())
    cv2.putText(strip, words, (left, int(height * 0.8)), font, size, colour, 1, cv2.LINE_AA)
