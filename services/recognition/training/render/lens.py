"""What glass, movement and weather do to the light before it meets the sensor."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.recognition.training.render.chance import between

Light = NDArray[np.float32]


def defocused(light: Light, radius_px: float) -> Light:
    """Blurred by a disc, as a lens that is not in focus does it; by a Gaussian where the disc is less than a pixel."""
    if radius_px < 0.15:
        return light
    if radius_px < 1.6:
        return np.asarray(cv2.GaussianBlur(light, (0, 0), radius_px * 0.62))
    return np.asarray(cv2.filter2D(light, -1, _disc(radius_px), borderType=cv2.BORDER_REPLICATE))


def moved(light: Light, length_px: float, degrees: float) -> Light:
    """Smeared along a line of this length: 0 degrees is along x."""
    if length_px < 0.5:
        return light
    return np.asarray(cv2.filter2D(light, -1, _line(length_px, degrees), borderType=cv2.BORDER_REPLICATE))


def fringed(light: Light, shift_px: float) -> Light:
    """Blue moved one way and red the other."""
    moved_channels = [
        cv2.warpAffine(
            np.ascontiguousarray(light[..., channel]),
            np.array([(1.0, 0.0, way * shift_px), (0.0, 1.0, 0.0)]),
            (light.shape[1], light.shape[0]),
            borderMode=cv2.BORDER_REPLICATE,
        )
        for channel, way in ((0, 1.0), (2, -1.0))
    ]
    return np.dstack([moved_channels[0], light[..., 1], moved_channels[1]])


def bloomed(light: Light, strength: float, reach_px: float) -> Light:
    """What is bright beyond white lights up what lies beside it."""
    beyond = np.maximum(light - 200, 0)
    return light + np.float32(strength) * np.asarray(cv2.GaussianBlur(beyond, (0, 0), max(0.6, reach_px)))


def rained_on(light: Light, drops: int, rng: Generator) -> Light:
    """Drops on the glass: in each the picture is smooth, shifted and a little brighter or darker."""
    height, width = light.shape[:2]
    cover = np.zeros((height, width), np.float32)
    for _ in range(drops):
        centre = (int(rng.random() * width), int(rng.random() * height))
        radius = max(1, int(height * between(rng, 0.03, 0.14)))
        cv2.ellipse(cover, centre, (radius, int(radius * between(rng, 1, 1.6))), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    smooth = cv2.GaussianBlur(light, (0, 0), max(1.0, height * 0.04))
    smooth = np.roll(smooth, int(height * 0.1), axis=0) * np.float32(between(rng, 0.75, 1.25))
    cover = cv2.GaussianBlur(cover, (0, 0), max(0.5, height * 0.01))[..., None] * np.float32(between(rng, 0.5, 0.95))
    return np.asarray(light + (smooth - light) * cover, np.float32)


def hazed(light: Light, part: float, brightness: float) -> Light:
    """Behind a veil of this brightness: fog, a dirty lens, low sun."""
    return np.asarray(light * np.float32(1 - part) + np.float32(part * brightness), np.float32)


def _disc(radius_px: float) -> Light:
    reach = int(np.ceil(radius_px))
    across = np.arange(-reach, reach + 1, dtype=np.float32)
    distance = np.hypot(across[:, None], across[None, :])
    disc = np.clip(radius_px + 0.5 - distance, 0, 1).astype(np.float32)
    return np.asarray(disc / disc.sum(), np.float32)


def _line(length_px: float, degrees: float) -> Light:
    """A line through the middle of a small square, drawn at four times its size."""
    reach = int(np.ceil(length_px / 2))
    side = 2 * reach + 1
    along = np.linspace(-length_px / 2, length_px / 2, max(3, int(length_px * 4)))
    kernel = np.zeros((side + 1, side + 1), np.float32)
    x, y = reach + along * np.cos(np.radians(degrees)), reach + along * np.sin(np.radians(degrees))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        share = np.abs(1 - right - (x - left)) * np.abs(1 - below - (y - top))
        np.add.at(kernel, (top + below, left + right), share.astype(np.float32))
    return np.ascontiguousarray(kernel[:side, :side] / kernel[:side, :side].sum())
