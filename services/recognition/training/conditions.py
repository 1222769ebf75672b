"""What the golden sets' cameras make of a picture. Not the training's camera, so that neither can be fitted to the other."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.common.raster import Pixels

Light = NDArray[np.float32]
# How much of blue, green and red an infrared picture shows: red ink is pale there, which is what makes Belgian plates hard.
INFRARED = np.array([0.1, 0.2, 0.7], np.float32)


def day(light: Light, rng: Generator) -> Light:
    """Plain daylight, a little more or less of it, a lens that is not quite sharp."""
    return _lens(light * np.float32(rng.uniform(0.7, 1.15)), rng, 0.3, 0.7) + _grain(light, rng, 1, 4)


def night(light: Light, rng: Generator) -> Light:
    """Street lamps: dark, warm, grainy."""
    lamp = np.array([rng.uniform(0.55, 0.85), 0.9, 1.05], np.float32)
    dark = _lens(light * lamp * np.float32(rng.uniform(0.22, 0.45)), rng, 0.4, 0.8)
    return (dark + _grain(light, rng, 3, 7)) * np.float32(rng.uniform(1.0, 1.6))


def infrared(light: Light, rng: Generator) -> Light:
    """Grey, the plate bright in the flash, its surroundings dark."""
    grey = (light @ INFRARED)[..., None]
    strength = np.float32(255 * rng.uniform(0.75, 1.1))
    flash = np.asarray((grey / np.float32(255)) ** np.float32(rng.uniform(1.0, 1.6)) * strength, np.float32)
    return np.repeat(_lens(flash, rng, 0.4, 0.8)[..., None] + _grain(grey, rng, 2, 6), 3, axis=2)


def motion(light: Light, rng: Generator) -> Light:
    """A car that drives on while the shutter is open."""
    length = int(rng.integers(2, 6))
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (0, length // 2), (length - 1, int(rng.integers(0, length))), 1.0, 1)
    return day(np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum()), np.float32), rng)


def rain(light: Light, rng: Generator) -> Light:
    """Grey light, streaks, drops on the lens."""
    height, width = light.shape[:2]
    veil: Light = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(60, 160))):
        x, y, length = int(rng.integers(0, width)), int(rng.integers(-20, height)), int(rng.integers(8, 26))
        cv2.line(veil, (x, y), (x + length // 5, y + length), float(rng.uniform(0.1, 0.5)), 1, cv2.LINE_AA)
    wet = light * np.float32(0.7) + np.float32(rng.uniform(15, 45))
    soft = np.asarray(cv2.GaussianBlur(veil, (0, 0), 0.7), np.float32)[..., None]
    return day(wet * (1 - soft) + 205 * soft, rng)


# Dirt lies on the plate and distance in its size: their pictures are taken by day.
CONDITIONS: dict[str, Callable[[Light, Generator], Light]] = {
    "day": day, "night": night, "infrared": infrared, "dirt": day, "motion": motion, "rain": rain, "far": day,
}  # fmt: skip


def taken(pixels: Pixels, condition: str, rng: Generator) -> Pixels:
    """The picture in this condition, everything at its place."""
    light = CONDITIONS[condition](pixels.astype(np.float32), rng)
    return np.asarray(cv2.add(light, np.zeros(4), dtype=cv2.CV_8U), np.uint8)  # rounds, and keeps to 0 to 255


def _lens(light: Light, rng: Generator, low: float, high: float) -> Light:
    return np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(low, high))), np.float32)


def _grain(light: Light, rng: Generator, low: float, high: float) -> Light:
    """The same in all colours."""
    return rng.standard_normal((*light.shape[:2], 1), np.float32) * np.float32(rng.uniform(low, high))
