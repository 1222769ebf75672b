"""A camera's site: its view, the weather there, and chance for surfaces."""

from dataclasses import dataclass, replace
from random import Random

import numpy as np

from services.simulator.optics import Rays, View
from services.simulator.texture import Surface

Colour = tuple[float, float, float]
ROAD_HALF_M = 3.3


@dataclass(frozen=True, slots=True)
class Weather:
    """Light of the place. `sun` points to the sun; `sharp` is 0 under cloud and 1 in full sun."""

    sun: tuple[float, float, float]
    sharp: float
    zenith: Colour
    horizon: Colour


@dataclass(frozen=True, slots=True)
class Site:
    """What drawing a street needs. rays: of every pixel (height, width, 3)."""

    view: View
    rays: Rays
    weather: Weather
    random: Random
    noise: np.random.Generator


def survey(view: View, random: Random) -> Site:
    """The site of a camera; the same generator state gives the same site."""
    noise = np.random.default_rng(random.getrandbits(64))
    return Site(view, view.rays(), _weather(random), random, noise)


def haze(colour: Surface, distance_m: Surface, weather: Weather) -> Surface:
    """Colours (n, 3) as they look from this far."""
    share = (1 - np.exp(-distance_m / 190))[..., None]
    return np.asarray(colour * (1 - share) + np.array(weather.horizon) * 0.92 * share, np.float32)


def _weather(random: Random) -> Weather:
    sharp = random.choice((0.0, 0.0, 0.35, 0.8, 1.0))
    overcast = Weather((0.2, 0.9, -0.3), 0.0, (206, 200, 194), (226, 224, 220))
    if not sharp:
        return overcast
    sun = (random.choice((-1, 1)) * random.uniform(0.3, 0.8), random.uniform(0.5, 0.8), -0.45)
    return replace(overcast, sun=sun, sharp=sharp, zenith=(196, 146, 96), horizon=(232, 214, 196))
