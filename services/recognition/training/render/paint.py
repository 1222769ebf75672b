"""Brushes: colours, boxes, and how a mask of ink gets onto a picture."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.training.render.chance import between
from services.recognition.training.render.face import Mask

Colour = tuple[int, int, int]  # BGR
Light = NDArray[np.float32]
Part = tuple[slice, slice]
SHIFT = 4


class Box(NamedTuple):
    """Where something stands, in whole pixels of the plate."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def around(cls, x: float, y: float, width: int, height: int) -> "Box":
        """A box of this size with its middle at, or next to, x and y."""
        return cls(round(x - width / 2), round(y - height / 2), width, height)

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def shrunk(self, by_px: int) -> "Box":
        """The box without a margin on every side; never smaller than one pixel."""
        by_px = min(by_px, (self.width - 1) // 2, (self.height - 1) // 2)
        return Box(self.x + by_px, self.y + by_px, self.width - 2 * by_px, self.height - 2 * by_px)


def rgb(code: int) -> Colour:
    """The colour of a code such as 0x861A22."""
    return code & 255, code >> 8 & 255, code >> 16


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """The first colour with a share of the second."""
    blue, green, red = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return blue, green, red


def jittered(rng: Generator, colour: Colour, by: float) -> Colour:
    """The colour a bit lighter or darker, and each channel a bit more or less."""
    whole = between(rng, -by, by)
    blue, green, red = (min(255, max(0, round(part + whole + between(rng, -by / 2, by / 2)))) for part in colour)
    return blue, green, red


def ink(mask: Mask, glyph: Mask, x: int, y: int) -> None:
    """Adds a glyph to a mask of ink; what lies outside is cut off."""
    there, here = _shared(mask, glyph, x, y)
    np.maximum(mask[there], glyph[here], out=mask[there])


def stain(pixels: Pixels, glyph: Mask, x: int, y: int, colour: Colour) -> None:
    """Paints through a mask; what lies outside is cut off."""
    lay(pixels, np.broadcast_to(np.array(colour, np.float32), (*glyph.shape, 3)), glyph, x, y)


def lay(pixels: Pixels, picture: Pixels | Light, cover: Mask, x: int, y: int, *, strength: float = 1.0) -> None:
    """Paints a picture through a mask of its size; what lies outside is cut off."""
    there, here = _shared(pixels, cover, x, y)
    part = pixels[there]
    share = cover[here][..., None].astype(np.float32) * (strength / 255)
    part[:] = (part + (picture[here].astype(np.float32, copy=False) - part) * share + 0.5).astype(np.uint8)


def two_tone(mask: Mask, ground: Colour, colour: Colour) -> Pixels:
    """A picture of a mask: ground where it is 0, ink where it is 255."""
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    low, high = np.array(ground, np.float32), np.array(colour, np.float32)
    table = (low + (high - low) * ramp + 0.5).astype(np.uint8).reshape(1, 256, 3)
    return np.asarray(cv2.LUT(cv2.merge((mask, mask, mask)), table), np.uint8)


def fill(pixels: Pixels, box: Box, colour: Colour) -> None:
    """Fills a box."""
    cv2.rectangle(pixels, (box.x, box.y), (box.x + box.width - 1, box.y + box.height - 1), colour, -1)


def disc(pixels: Pixels, x: float, y: float, radius_px: float, colour: Colour) -> None:
    """A round spot with a soft edge."""
    cv2.circle(pixels, (_fixed(x), _fixed(y)), max(_fixed(radius_px), 1), colour, -1, cv2.LINE_AA, SHIFT)


def polygon(pixels: Pixels, points: NDArray[np.float64], colour: Colour) -> None:
    """A filled shape with a soft edge. points: (n, 2) in pixels."""
    cv2.fillPoly(pixels, [np.round(points * (1 << SHIFT)).astype(np.int32)], colour, cv2.LINE_AA, SHIFT)


def outline(pixels: Pixels, points: NDArray[np.float64], colour: Colour, width_px: int) -> None:
    """The edge of a shape. points: (n, 2) in pixels."""
    fixed = [np.round(points * (1 << SHIFT)).astype(np.int32)]
    cv2.polylines(pixels, fixed, True, colour, max(width_px, 1), cv2.LINE_AA, SHIFT)


def _shared(canvas: Pixels | Mask, glyph: Mask, x: int, y: int) -> tuple[Part, Part]:
    """The part of a canvas that a glyph at x and y covers, and the part of the glyph that lies there; both may be empty."""
    left, top = max(x, 0), max(y, 0)
    right = max(min(x + glyph.shape[1], canvas.shape[1]), left)
    bottom = max(min(y + glyph.shape[0], canvas.shape[0]), top)
    return (slice(top, bottom), slice(left, right)), (slice(top - y, bottom - y), slice(left - x, right - x))


def _fixed(value_px: float) -> int:
    return round(value_px * (1 << SHIFT))
