"""What lens, sensor and compression do to a picture, and what the night leaves of it."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from services.simulator.conditions import Conditions, Hour
from services.simulator.optics import HEIGHT_PX, WIDTH_PX, View
from services.simulator.texture import Surface

Colour = tuple[float, float, float]
_SPARE_PX = 128


def darken(picture: Surface, view: View, hour: Hour) -> Surface:
    """The empty street at this hour: pools of lamp light, or what an infrared lamp reaches."""
    if hour is Hour.DAY:
        return picture
    if hour is Hour.LAMPS:
        pools = 0.11 + 0.42 * _pools(view)
        return np.asarray(picture * pools[:, :, None] * np.array([0.62, 0.82, 1.0]), np.float32)
    across, down = np.meshgrid(np.linspace(-1, 1, WIDTH_PX), np.linspace(-1, 1, HEIGHT_PX))
    beam = 0.03 + 0.17 * np.exp(-(across**2) / 0.7 - (down - 0.45) ** 2 / 0.35)
    return np.asarray(picture * beam[:, :, None], np.float32)


def _pools(view: View) -> Surface:
    down, across = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    light: Surface = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    for z_m in (7.0, 33.0, 59.0, 85.0):
        centre = view.project(np.array([[2.0, 0.0, z_m], [6.0, 0.0, z_m], [2.0, 0.0, z_m + 4.0]]))
        wide = max(float(centre[1, 0] - centre[0, 0]), 6.0) * 1.2
        tall = max(float(centre[0, 1] - centre[2, 1]), 6.0) * 1.6
        light += np.exp(-(((across - centre[0, 0]) / wide) ** 2) - ((down - centre[0, 1]) / tall) ** 2)
    return np.clip(light, 0, 1.1)


def add_glow(picture: Surface, centre_px: NDArray[np.float64], radius_px: float, colour: Colour) -> None:
    """Adds the bloom of a lamp to the picture."""
    radius = max(4, round(radius_px))
    x, y = (round(float(place)) for place in centre_px)
    left, top = max(x - radius, 0), max(y - radius, 0)
    right, bottom = min(x + radius, WIDTH_PX), min(y + radius, HEIGHT_PX)
    if left < right and top < bottom:
        bloom = cv2.resize(_bloom(), (2 * radius, 2 * radius), interpolation=cv2.INTER_LINEAR)
        part = bloom[top - y + radius : bottom - y + radius, left - x + radius : right - x + radius, None]
        picture[top:bottom, left:right] += part * np.array(colour, np.float32)


@lru_cache(maxsize=1)
def _bloom() -> Surface:
    place = np.linspace(-1, 1, 256, dtype=np.float32)
    distance = np.hypot(place[None, :], place[:, None])
    bloom = (
        np.exp(-((distance / 0.1) ** 2))
        + 0.16 * np.exp(-((distance / 0.3) ** 2))
        + 0.05 * np.exp(-((distance / 0.5) ** 2))
    )
    return np.asarray(bloom * np.clip((1 - distance) * 4, 0, 1), np.float32)


def develop(picture: Surface, conditions: Conditions, seed: int) -> NDArray[np.uint8]:
    """The picture (height, width, 3) as the sensor gives it away. Deterministic in its arguments."""
    random = np.random.default_rng(seed)
    picture = picture * np.float32(conditions.gain)
    if conditions.rain:
        picture = _rain(picture, conditions, random)
    if conditions.hour is Hour.INFRARED:
        grey = picture @ np.array([0.2, 0.35, 0.45], np.float32)
        picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.float32)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), conditions.blur_px), np.float32)
    row, column = (int(place) for place in random.integers(0, _SPARE_PX, 2))
    window = np.s_[row : row + HEIGHT_PX, column : column + WIDTH_PX]
    grain = _grain()[window]
    if conditions.hour is Hour.INFRARED:
        grain = np.asarray(cv2.cvtColor(np.ascontiguousarray(grain[:, :, 0]), cv2.COLOR_GRAY2BGR), np.float32)
    picture += grain * np.float32(conditions.noise)
    picture *= _vignette()
    return np.clip(picture, 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _grain() -> Surface:
    """Noise of deviation 1, larger than the picture, mostly grey and a little coloured."""
    random = np.random.default_rng(20_250_101)
    shape = (HEIGHT_PX + _SPARE_PX, WIDTH_PX + _SPARE_PX)
    grey = random.standard_normal((*shape, 1), np.float32)
    colour = cv2.blur(random.standard_normal((*shape, 3), np.float32), (2, 2)) * 2
    return np.asarray(0.8 * grey + 0.6 * colour, np.float32)


@lru_cache(maxsize=1)
def _vignette() -> Surface:
    across, down = np.meshgrid(np.linspace(-1, 1, WIDTH_PX), np.linspace(-0.6, 0.6, HEIGHT_PX))
    return np.repeat(np.asarray(1 - 0.13 * (across**2 + down**2), np.float32)[:, :, None], 3, axis=2)


def _rain(picture: Surface, conditions: Conditions, random: np.random.Generator) -> Surface:
    """Mist that lowers contrast, and streaks."""
    level = 176.0 if conditions.hour is Hour.DAY else 40.0
    share = np.float32(0.2 * conditions.rain)
    picture = picture * (1 - share) + np.float32(level) * share
    streaks: NDArray[np.uint8] = np.zeros((HEIGHT_PX, WIDTH_PX), np.uint8)
    lean = float(random.normal(0, 0.12))
    for x, y, length in random.integers(
        (0, -40, 10), (WIDTH_PX, HEIGHT_PX, 42), (round(260 * conditions.rain), 3)
    ).tolist():
        cv2.line(streaks, (x, y), (round(x + lean * length), y + length), 40, 1, cv2.LINE_AA)
    strength = np.float32(1.0 if conditions.hour is Hour.DAY else 0.5)
    return np.asarray(picture + cv2.cvtColor(streaks, cv2.COLOR_GRAY2BGR) * strength, np.float32)


def encode_jpeg(picture: NDArray[np.uint8], quality: int) -> bytes:
    """The picture (height, width, 3) as a JPEG file."""
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()
