"""What lies around a plate: paint, bumper edges, grilles, lamps, plain ground, noise, or parts of pictures."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels

Light = NDArray[np.float32]
PHOTOGRAPHED_PART = 0.5


def surroundings(rng: np.random.Generator, width_px: int, height_px: int, backgrounds: Sequence[Pixels] = ()) -> Pixels:
    """A picture (height, width, 3) without a plate. backgrounds: pictures without plates to take parts of."""
    if backgrounds and rng.random() < PHOTOGRAPHED_PART:
        return _part_of(backgrounds[int(rng.integers(len(backgrounds)))], rng, width_px, height_px)
    light = _shaded(rng, width_px, height_px)
    kind = rng.random()
    if kind < 0.35:
        _edges(light, rng)
    elif kind < 0.55:
        _grille(light, rng)
    elif kind < 0.7:
        light += rng.normal(0, rng.uniform(5, 40), light.shape).astype(np.float32)
    if rng.random() < 0.2:
        _lamp(light, rng)
    return np.clip(light, 0, 255).astype(np.uint8)


def _part_of(picture: Pixels, rng: np.random.Generator, width_px: int, height_px: int) -> Pixels:
    zoom = float(rng.uniform(0.7, 2.0))
    height, width = min(picture.shape[0], int(height_px * zoom)), min(picture.shape[1], int(width_px * zoom))
    top, left = int(rng.integers(picture.shape[0] - height + 1)), int(rng.integers(picture.shape[1] - width + 1))
    part = picture[top : top + height, left : left + width]
    return np.asarray(cv2.resize(part, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)


def _shaded(rng: np.random.Generator, width_px: int, height_px: int) -> Light:
    """Paint: one colour with soft lights and darks."""
    paint = rng.uniform(5, 235) + rng.normal(0, 25 if rng.random() < 0.4 else 4, 3)
    shades = rng.normal(0, rng.uniform(4, 40), (int(rng.integers(2, 6)), int(rng.integers(2, 6)), 1))
    return np.asarray(
        cv2.resize((paint + shades).astype(np.float32), (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    )


def _edges(light: Light, rng: np.random.Generator) -> None:
    """Seams and edges of a bumper: bands across, a little askew."""
    height, width = light.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        left, right = rng.uniform(0, height) + rng.normal(0, height / 12, 2)
        thickness = max(1, int(rng.uniform(0.01, 0.2) * height))
        cv2.line(light, (0, int(left)), (width, int(right)), rng.uniform(0, 200, 1).repeat(3).tolist(), thickness)


def _grille(light: Light, rng: np.random.Generator) -> None:
    """Bars, lying or standing."""
    along = np.arange(light.shape[0 if rng.random() < 0.6 else 1])
    period = rng.uniform(0.05, 0.3) * light.shape[0] + 2
    bars = np.sin(along * (2 * np.pi / period) + rng.uniform(0, 6)) > rng.uniform(-0.6, 0.6)
    bars = bars[:, None, None] if len(along) == light.shape[0] else bars[None, :, None]
    light *= np.where(bars, np.float32(rng.uniform(0.2, 0.7)), np.float32(1))


def _lamp(light: Light, rng: np.random.Generator) -> None:
    height, width = light.shape[:2]
    centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
    colour = [(90, 90, 235), (235, 235, 235), (60, 150, 245), (40, 40, 140)][int(rng.integers(4))]
    cv2.circle(light, centre, int(rng.uniform(0.05, 0.4) * height) + 1, colour, -1, cv2.LINE_AA)
