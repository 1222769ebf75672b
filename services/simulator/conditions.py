"""What makes a frame easy or hard: hour, weather, focus, shutter, noise, compression."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Difficulty(StrEnum):
    """How hard the frames are to read: `easy` ones nearly always can be, of `hard` ones many cannot."""

    EASY = "easy"
    MIXED = "mixed"
    HARD = "hard"


class Hour(StrEnum):
    """Light of a frame: by day, at night under street lamps, or at night by the camera's own infrared lamp."""

    DAY = "day"
    LAMPS = "lamps"
    INFRARED = "infrared"


@dataclass(frozen=True, slots=True)
class Conditions:
    """One frame's conditions.

    gain: exposure; blur_px: deviation of the lens's blur; smear_px: way of a vehicle while the shutter is open;
    noise: deviation in grey levels; rain: 0 to 1; quality: of the JPEG.
    """

    hour: Hour
    gain: float
    blur_px: float
    smear_px: float
    noise: float
    rain: float
    quality: int


@dataclass(frozen=True, slots=True)
class _Span:
    night: float
    rain: float
    blur_px: tuple[float, float]
    smear_px: tuple[float, float]
    noise: tuple[float, float]
    quality: tuple[int, int]


_SPANS = {
    Difficulty.EASY: _Span(0.15, 0.0, (0.35, 0.6), (0.0, 1.4), (1.5, 3.5), (86, 94)),
    Difficulty.MIXED: _Span(0.3, 0.2, (0.4, 1.1), (0.0, 4.0), (2.0, 8.0), (70, 92)),
    Difficulty.HARD: _Span(0.45, 0.4, (0.7, 1.9), (2.0, 9.0), (5.0, 14.0), (40, 72)),
}


def draw_conditions(random: Random, difficulty: Difficulty) -> Conditions:
    """Conditions at random within what the difficulty allows."""
    span = _SPANS[difficulty]
    hour = random.choice((Hour.LAMPS, Hour.INFRARED)) if random.random() < span.night else Hour.DAY
    return Conditions(
        hour,
        gain=random.uniform(0.95, 1.18),
        blur_px=random.uniform(*span.blur_px),
        smear_px=random.uniform(*span.smear_px),
        noise=random.uniform(*span.noise) * (1.0 if hour is Hour.DAY else 1.5),
        rain=random.uniform(0.3, 1.0) if random.random() < span.rain else 0.0,
        quality=random.randint(*span.quality),
    )
