"""What happens to a plate on the road: light and shadow, dirt, snow, screws, scratches, bends, things in front of it."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.training.render.chance import between, happens, pick

Light = NDArray[np.float32]
Cover = NDArray[np.float32]
Wearing = Callable[[Light, Generator], Light]

# Blue, green, red.
MUD = ((40, 70, 100), (60, 80, 95), (30, 45, 60), (90, 110, 130), (70, 80, 85), (20, 25, 30))
SCREWS = ((225, 225, 225), (190, 195, 200), (110, 115, 120), (25, 25, 28), (30, 190, 240), (40, 40, 180), (150, 60, 30))
HOLE_PLACES = (0.035, 0.1, 0.14, 0.18, 0.23, 0.5, 0.77, 0.82, 0.86, 0.9, 0.965)


def worn(pixels: Pixels, rng: Generator, hardness: float = 1.0) -> Pixels:
    """The plate after years and in its light; everything stays in its place. pixels: the plate from edge to edge."""
    share = min(1.0, hardness)
    light = pixels.astype(np.float32)
    for part, wearing in WEARS:
        if happens(rng, part * share):
            light = wearing(light, rng)
    return np.clip(light + 0.5, 0, 255).astype(np.uint8)


def faded(light: Light, rng: Generator) -> Light:
    """Ink and ground have come nearer to each other."""
    middle = light.mean(axis=(0, 1), dtype=np.float32) if happens(rng, 0.4) else np.float32(between(rng, 150, 230))
    return np.asarray(light + (middle - light) * np.float32(between(rng, 0.1, 0.5)))


def hazed(light: Light, rng: Generator) -> Light:
    """A film of dirt, thicker in some places."""
    cover = _clouds(light, rng, int(rng.integers(3, 9))) - np.float32(between(rng, 0.3, 0.8))
    return _covered(light, np.clip(cover * between(rng, 0.5, 2), 0, between(rng, 0.2, 0.65)), _mud(rng))


def splashed(light: Light, rng: Generator) -> Light:
    """Dirt thrown up from below, or snow and dust that lie on top."""
    height, _ = light.shape[:2]
    slope = np.linspace(-0.7, 0.9, height, dtype=np.float32)[:, None] * np.float32(between(rng, 0.4, 1.2))
    is_snow = happens(rng, 0.15)
    if is_snow and happens(rng, 0.5):
        slope = -slope
    cover = _clouds(light, rng, int(rng.integers(5, 14))) + slope - np.float32(between(rng, 0.6, 1.0))
    colour = (240.0, 238.0, 235.0) if is_snow else _mud(rng)
    return _covered(
        light, np.clip(cover * between(rng, 1.5, 6), 0, 0.95 if is_snow else between(rng, 0.3, 0.85)), colour
    )


def speckled(light: Light, rng: Generator) -> Light:
    """Insects, drops of mud, flaked paint."""
    height, width = light.shape[:2]
    for _ in range(int(rng.integers(3, 30))):
        centre = (int(rng.random() * width), int(rng.random() * height))
        axes = (max(1, int(height * between(rng, 0.004, 0.045))), max(1, int(height * between(rng, 0.004, 0.045))))
        cv2.ellipse(light, centre, axes, between(rng, 0, 180), 0, 360, _mud(rng), -1, cv2.LINE_AA)
    return light


def scratched(light: Light, rng: Generator) -> Light:
    height, width = light.shape[:2]
    for _ in range(int(rng.integers(1, 6))):
        start = rng.random(2) * (width, height)
        end = start + rng.normal(0, (height * 0.8, height * 0.4))
        tone = float(pick(rng, (50, 120, 200, 245)))
        points = np.array([start, (start + end) / 2 + rng.normal(0, height * 0.05, 2), end]).astype(np.int32)
        cv2.polylines(light, [points], False, (tone, tone, tone), 1, cv2.LINE_AA)
    return light


def screwed(light: Light, rng: Generator) -> Light:
    """Screws and caps at the usual places, also where a glyph is; now and then one anywhere."""
    height, width = light.shape[:2]
    across = [pick(rng, HOLE_PLACES) + rng.normal(0, 0.01)]
    across += [1 - across[0] + rng.normal(0, 0.01)] if happens(rng, 0.8) else []
    down = pick(rng, (0.5, 0.5, 0.5, 0.12, 0.88, between(rng, 0.05, 0.95)))
    places = [(x, down) for x in across]
    places += [(x, 1 - down) for x in across] if abs(down - 0.5) > 0.2 and happens(rng, 0.5) else []
    colour, reach = pick(rng, SCREWS), height * between(rng, 0.03, 0.075) * (0.6 if width < 2.4 * height else 1.0)
    for x, y in places:
        _screw(light, (int(x * width), int(y * height)), max(2, int(reach)), colour, rng)
    return light


def shaded(light: Light, rng: Generator) -> Light:
    """Brighter at one side than at the other."""
    height, width = light.shape[:2]
    if happens(rng, 0.6):
        return np.asarray(light * _ramp(rng, width)[None, :, None])
    return np.asarray(light * _ramp(rng, height)[:, None, None])


def shadowed(light: Light, rng: Generator) -> Light:
    """The hard edge of a bumper's or a lamp post's shadow across the plate."""
    height, width = light.shape[:2]
    across, down = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    turn = between(rng, 0, 2 * np.pi)
    distance = (across - width * between(rng, 0.1, 0.9)) * np.float32(np.cos(turn))
    distance = distance + (down - height * between(rng, 0.1, 0.9)) * np.float32(np.sin(turn))
    if happens(rng, 0.3):
        distance = np.float32(height * between(rng, 0.1, 0.6)) - np.abs(distance)
    dark = np.clip(distance / np.float32(height * between(rng, 0.01, 0.15)) + np.float32(0.5), 0, 1)
    return np.asarray(light * (1 - dark * np.float32(between(rng, 0.25, 0.7)))[..., None], np.float32)


def glaring(light: Light, rng: Generator) -> Light:
    """The sun or a lamp, mirrored by the plate."""
    height, width = light.shape[:2]
    x = (np.arange(width, dtype=np.float32) - width * between(rng, 0, 1))[None, :]
    y = (np.arange(height, dtype=np.float32) - height * between(rng, 0, 1))[:, None]
    turn, long, short = between(rng, 0, np.pi), height * between(rng, 0.3, 2.0), height * between(rng, 0.1, 0.5)
    along, aside = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    spot = np.exp(-((along / long) ** 2) - (aside / short) ** 2).astype(np.float32)
    return np.asarray(light + (spot * np.float32(between(rng, 30, 200)))[..., None], np.float32)


def bent(light: Light, rng: Generator) -> Light:
    """Pushed in or wavy: a little up or down in places, with the light that a bent sheet has."""
    height, width = light.shape[:2]
    phase, waves = between(rng, 0, 2 * np.pi), between(rng, 0.3, 1.6)
    turn = (np.arange(width, dtype=np.float32) * (2 * np.pi * waves / width) + phase).astype(np.float32)
    y = (
        np.arange(height, dtype=np.float32)[:, None]
        + np.float32(height * between(rng, 0.01, 0.05)) * np.sin(turn)[None, :]
    )
    x = np.broadcast_to(np.arange(width, dtype=np.float32)[None, :], y.shape)
    moved = cv2.remap(light, np.ascontiguousarray(x), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved * (1 + np.float32(between(rng, 0, 0.25)) * np.cos(turn))[None, :, None], np.float32)


def strapped(light: Light, rng: Generator) -> Light:
    """The rim of a holder or a lip of the bumper over an edge, most often the lower one."""
    height, width = light.shape[:2]
    reach = int(height * between(rng, 0.03, 0.115))
    tone = between(rng, 5, 70) if happens(rng, 0.75) else between(rng, 120, 230)
    edges = light[-reach:] if happens(rng, 0.7) else light[:reach]
    edges[:] = tone
    if happens(rng, 0.3):
        side = max(1, int(width * between(rng, 0.004, 0.015)))
        light[:, :side] = tone
        light[:, -side:] = tone
    return light


def obstructed(light: Light, rng: Generator) -> Light:
    """A tow ball, a cable or a grass blade in front of a part of the plate."""
    height, width = light.shape[:2]
    tone = (between(rng, 10, 90),) * 3
    x = width * between(rng, 0.05, 0.95)
    if happens(rng, 0.4):
        cv2.circle(light, (int(x), int(height * between(rng, 0.95, 1.15))), int(height * 0.25), tone, -1, cv2.LINE_AA)
        return light
    top, thick = (int(x + rng.normal(0, height * 0.7)), 0), max(1, int(height * between(rng, 0.01, 0.05)))
    cv2.line(light, top, (int(x), height), tone if happens(rng, 0.6) else (60.0, 130.0, 90.0), thick, cv2.LINE_AA)
    return light


# Each with the share of plates it happens to, in the order in which it happens.
WEARS: tuple[tuple[float, Wearing], ...] = (
    (0.06, faded),
    (0.28, screwed),
    (0.05, scratched),
    (0.06, bent),
    (0.18, hazed),
    (0.08, splashed),
    (0.10, speckled),
    (0.14, strapped),
    (0.03, obstructed),
    (0.45, shaded),
    (0.13, shadowed),
    (0.07, glaring),
)


def _clouds(light: Light, rng: Generator, fineness: int) -> Cover:
    """Soft random heights from about 0 to 1."""
    height, width = light.shape[:2]
    coarse = rng.random((fineness, max(2, fineness * width // height)), np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _covered(light: Light, cover: Cover, colour: tuple[float, float, float]) -> Light:
    return np.asarray(light + (np.array(colour, np.float32) - light) * cover[..., None].astype(np.float32))


def _mud(rng: Generator) -> tuple[float, float, float]:
    blue, green, red = pick(rng, MUD)
    bright = between(rng, 0.7, 1.4)
    return blue * bright, green * bright, red * bright


def _screw(light: Light, centre: tuple[int, int], reach: int, colour: tuple[int, int, int], rng: Generator) -> None:
    below = (centre[0] + 1, centre[1] + 1)
    cv2.circle(light, below, reach, (50.0, 50.0, 50.0), -1, cv2.LINE_AA)
    cv2.circle(light, centre, reach, tuple(float(tone) for tone in colour), -1, cv2.LINE_AA)
    if reach > 2 and happens(rng, 0.6):
        slit = (int(reach * 0.6 * np.cos(reach)), int(reach * 0.6 * np.sin(reach)))
        ends = (centre[0] - slit[0], centre[1] - slit[1]), (centre[0] + slit[0], centre[1] + slit[1])
        cv2.line(light, *ends, (40.0, 40.0, 40.0), 1, cv2.LINE_AA)


def _ramp(rng: Generator, length: int) -> Light:
    return np.linspace(between(rng, 0.55, 1.2), between(rng, 0.55, 1.2), length, dtype=np.float32)
