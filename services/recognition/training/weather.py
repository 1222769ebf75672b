"""What light, lens, sensor and compression do to a whole sample of the detector. Cheap: a millisecond or two."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.common.raster import Pixels

PART_BLURRED, PART_MOVED, PART_BALANCED, PART_LIT, PART_GREY, PART_NOISY, PART_PACKED = (
    0.3,
    0.08,
    0.4,
    0.6,
    0.15,
    0.4,
    0.35,
)


def changed(rng: Generator, pixels: Pixels) -> Pixels:
    """The picture under other conditions; each of them befalls a part of the pictures."""
    if rng.random() < PART_BLURRED:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.3, 1.2))), np.uint8)
    if rng.random() < PART_MOVED:
        pixels = _moved(rng, pixels)
    if rng.random() < PART_BALANCED:
        pixels = _balanced(rng, pixels)
    if rng.random() < PART_LIT:
        pixels = np.asarray(cv2.LUT(pixels, _curves(rng)), np.uint8)
    if rng.random() < PART_GREY:
        pixels = np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    if rng.random() < PART_NOISY:
        pixels = _noisy(rng, pixels)
    if rng.random() < PART_PACKED:
        pixels = _packed(rng, pixels)
    return pixels


def _moved(rng: Generator, pixels: Pixels) -> Pixels:
    """Smeared along a mostly level line."""
    length = int(rng.integers(3, 8))
    kernel = np.zeros((length, length), np.float32)
    rise = round(float(rng.normal(0, 0.2)) * length / 2)
    middle = length // 2
    cv2.line(kernel, (0, middle - rise), (length - 1, middle + rise), 1.0)
    return np.asarray(cv2.filter2D(pixels, -1, kernel / kernel.sum()), np.uint8)


def _balanced(rng: Generator, pixels: Pixels) -> Pixels:
    """Near to neutral on the whole, as by a camera in daylight, and as bright as by day."""
    mean = np.maximum(pixels.reshape(-1, 3)[::7].mean(axis=0), 4)
    wanted = float(rng.uniform(70, 160)) * (1 + rng.normal(0, 0.06, 3))
    gain = np.minimum(wanted / mean, 4.0)
    table = np.clip(np.arange(256)[:, None] * gain, 0, 255).astype(np.uint8)[:, None, :]
    return np.asarray(cv2.LUT(pixels, table), np.uint8)


def _curves(rng: Generator) -> NDArray[np.uint8]:
    """Brightness, contrast, gamma and tint as a table (256, 1, 3); sometimes night."""
    level = np.linspace(0, 1, 256)
    is_night = rng.random() < 0.2
    gamma = float(np.exp(rng.normal(0.55 if is_night else 0.0, 0.3)))
    gain = float(rng.uniform(0.35, 0.9) if is_night else rng.uniform(0.65, 1.35))
    lift = float(rng.uniform(-0.12, 0.14))
    tint = 1 + rng.normal(0, 0.05, 3)
    curves = (level[:, None] ** gamma * gain * tint + lift) * 255
    return np.clip(curves, 0, 255).astype(np.uint8)[:, None, :]


def _noisy(rng: Generator, pixels: Pixels) -> Pixels:
    """Sensor noise, of one value for all colours or of one each."""
    height, width = pixels.shape[:2]
    colours = 3 if rng.random() < 0.6 else 1
    sigma = float(rng.uniform(1, 11))
    noise = rng.standard_normal((height, width, colours), np.float32) * sigma
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def _packed(rng: Generator, pixels: Pixels) -> Pixels:
    """Through a JPEG of low or middling quality."""
    _, content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(28, 92))])
    decoded = cv2.imdecode(content, cv2.IMREAD_COLOR)
    return np.asarray(decoded, np.uint8)
