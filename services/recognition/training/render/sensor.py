"""What a sensor and its processor make of the light: exposure, colour, noise, sharpening."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.recognition.training.render.chance import between

Light = NDArray[np.float32]
# Shares of blue, green and red. Infrared sees red ink almost as bright as white ground.
GREY, INFRARED = (0.11, 0.59, 0.30), (0.05, 0.25, 0.70)


def grey(light: Light, shares: tuple[float, float, float]) -> Light:
    """One brightness for all three channels."""
    return np.asarray(cv2.transform(light, np.tile(np.array(shares, np.float32), (3, 1))), np.float32)


def balanced(light: Light, gains: tuple[float, float, float]) -> Light:
    """Each channel by its gain: a wrong white balance."""
    return np.asarray(cv2.transform(light, np.diag(gains)), np.float32)


def curved(light: Light, gamma: float) -> Light:
    """Clipped to what the sensor holds, and through a gamma curve."""
    held = np.clip(light, 0, 255)
    if abs(gamma - 1) < 0.02:
        return held
    curve = (255 * np.power(np.arange(256) / 255, gamma)).astype(np.float32)
    return np.asarray(cv2.LUT(held.astype(np.uint8), curve), np.float32)


def noisy(light: Light, rng: Generator, *, shot: float, read: float, chroma: float, grain_px: float) -> Light:
    """Noise that grows with the root of the light (shot, at white) and that does not (read), in grey levels.

    chroma: blotches of colour. grain_px: how coarse the noise is after the camera's own smoothing.
    """
    height, width = light.shape[:2]
    grains = rng.standard_normal((height, width), np.float32)
    if grain_px > 0.3:
        grains[:] = cv2.GaussianBlur(grains, (0, 0), grain_px) * np.float32(1 + 2.5 * grain_px)
    brightness = np.maximum(cv2.cvtColor(light, cv2.COLOR_BGR2GRAY), 0)
    grains *= cv2.sqrt(brightness * np.float32(shot**2 / 255) + np.float32(read**2))
    light = np.asarray(cv2.add(light, cv2.merge([grains, grains, grains])), np.float32)
    if chroma > 0.5:
        blotches = rng.standard_normal((height // 2 + 1, width // 2 + 1, 3), np.float32) * np.float32(chroma)
        light = light + cv2.resize(blotches, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(light, np.float32)


def smoothed(light: Light, strength: float) -> Light:
    """Noise taken away together with fine detail: what is flat becomes flat, edges stay."""
    picture = np.clip(light, 0, 255).astype(np.uint8)
    smooth = cv2.bilateralFilter(picture, 5, 15 + 45 * strength, 1.6)
    return np.asarray(smooth, np.float32)


def sharpened(light: Light, amount: float, radius_px: float) -> Light:
    """Edges with halos."""
    return np.asarray(light + np.float32(amount) * (light - cv2.GaussianBlur(light, (0, 0), radius_px)), np.float32)


def lit(light: Light, rng: Generator, least: float) -> Light:
    """By a lamp above or beside: bright there, `least` of it at the other end."""
    height, width = light.shape[:2]
    x, y = between(rng, 0.1, 0.9), between(rng, -0.2, 0.4)
    across = (np.arange(width, dtype=np.float32) / width - np.float32(x)) / np.float32(between(rng, 0.25, 0.7))
    down = (np.arange(height, dtype=np.float32) / height - np.float32(y)) / np.float32(between(rng, 0.5, 1.2))
    spot = np.exp(-(across[None, :] ** 2) - down[:, None] ** 2)
    return np.asarray(light * (np.float32(least) + np.float32(1 - least) * spot)[..., None], np.float32)
