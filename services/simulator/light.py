"""How surfaces of a vehicle look in the light of the street: sun, sky, and what they mirror."""

from dataclasses import dataclass

import numpy as np

from services.simulator.optics import Points

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """Sun and surroundings. Colours are BGR, 0 to 255; `sun` points to the sun, `strength` is its share of the light.

    trim_tone: how bright lamps, grilles and other fittings come out, 1 by day; plate_gain: how bright the white of a plate
    is: retro-reflective sheets outshine the scene at night.
    """

    sun: tuple[float, float, float]
    strength: float
    zenith: Colour
    horizon: Colour
    skyline: Colour
    ground: Colour
    ambient: float
    trim_tone: float
    plate_gain: float


def surroundings(direction: Points, light: Light) -> Points:
    """Colour (n, 3) that is seen along directions (n, 3) of length one: ground, a band of houses, sky."""
    height = direction[:, 1:2]
    share = np.clip((height - 0.22) / 0.7, 0, 1)
    sky = np.array(light.horizon) * (1 - share) + np.array(light.zenith) * share
    band = np.clip((height - 0.14) / 0.1, 0, 1)
    above = np.array(light.skyline) * (1 - band) + sky * band
    low = np.clip((height + 0.06) / 0.1, 0, 1)
    return np.asarray(np.array(light.ground) * (1 - low) + above * low, np.float64)


def shade(albedo: Points, normals: Points, sight: Points, light: Light, gloss: Points) -> Points:
    """Colours (n, 3) of patches: `albedo` and `normals` (n, 3), `sight` the direction from the lens, all of length one.

    `gloss` (n, 1) is the share that a clear coat mirrors when seen straight on: 0 for plastic, 0.05 for paint, 0.09 for glass.
    """
    facing = -np.sum(normals * sight, axis=1, keepdims=True)
    normals = np.where(facing < 0, -normals, normals)
    facing = np.abs(facing)
    sunny = np.clip(normals @ np.array(light.sun), 0, 1)[:, None]
    diffuse = light.ambient * (0.66 + 0.34 * normals[:, 1:2]) + light.strength * sunny
    mirrored = sight + 2 * facing * normals
    fresnel = gloss + (1 - gloss) * (1 - np.clip(facing, 0, 1)) ** 5 * (gloss > 0)
    glint = np.clip(mirrored @ np.array(light.sun), 0, 1)[:, None] ** 60 * light.strength * 260 * (gloss > 0)
    colour = albedo * diffuse * (1 - 0.5 * fresnel) + surroundings(mirrored, light) * fresnel + glint
    return np.asarray(np.clip(colour, 0, 255), np.float64)
