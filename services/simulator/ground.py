"""Road and pavement: asphalt with wheel tracks and joints, paint, kerbs, slabs."""

import numpy as np

from services.simulator.site import ROAD_HALF_M, Site, haze
from services.simulator.texture import Surface, cloud, pyramid, sample

PX_PER_M = 64
LEVELS = 6


def draw_ground(picture: Surface, site: Site, edges_m: tuple[float, float], *, cycle_lane: bool) -> None:
    """Draws road and pavements, as wide as the houses leave room: `edges_m` is left and right."""
    view, rays = site.view, site.rays
    with np.errstate(divide="ignore"):
        reach = -view.height_m / rays[..., 1]
    hit = (reach > 0) & (reach < 400)
    reach = reach[hit]
    x_m = (view.x_m + reach * rays[..., 0][hit]).astype(np.float32)
    z_m = (reach * rays[..., 2][hit]).astype(np.float32)
    inside = (x_m > edges_m[0]) & (x_m < edges_m[1])
    grain = _grain(x_m, z_m, reach / view.focal_px, site.noise)
    road = np.abs(x_m) < ROAD_HALF_M
    tone = np.where(road, _road_tone(x_m, z_m, reach / view.focal_px, cycle_lane=cycle_lane), 0)
    tone = np.where(road, tone, _pavement_tone(x_m, z_m, reach / view.focal_px))
    tone = tone * (1 + grain)
    tint = np.where(road[:, None], np.array([1.0, 0.99, 0.97]), np.array([0.95, 0.985, 1.0]))
    colour = haze(np.asarray(tone[:, None] * tint, np.float32), reach, site.weather)
    edge = np.minimum(np.abs(x_m - edges_m[0]), np.abs(x_m - edges_m[1]))
    colour *= (0.72 + 0.28 * np.clip(edge / 0.8, 0, 1))[:, None]
    ground = picture[hit]
    ground[inside] = colour[inside]
    picture[hit] = ground


def _grain(x_m: Surface, z_m: Surface, metres_per_px: Surface, noise: np.random.Generator) -> Surface:
    fine = 0.085 * cloud(noise, (512, 512), 5, octaves=3, decay=0.9) + 0.035 * cloud(noise, (512, 512), 128)
    coarse = pyramid(np.asarray(0.07 * cloud(noise, (512, 512), 180, decay=0.6), np.float32), 2)
    footprint = metres_per_px * PX_PER_M * 1.5
    near = sample(pyramid(np.asarray(fine, np.float32), LEVELS), x_m * PX_PER_M, z_m * PX_PER_M, footprint)
    return near + sample(coarse, x_m * 14, z_m * 4, np.ones_like(x_m))


def _stripe(value_m: Surface, middle_m: float, half_m: float, blur_m: Surface) -> Surface:
    """1 within a stripe and 0 outside, with an edge as wide as a pixel sees it."""
    return np.asarray(np.clip((half_m - np.abs(value_m - middle_m)) / np.maximum(blur_m, 0.01) + 0.5, 0, 1), np.float32)


def _road_tone(x_m: Surface, z_m: Surface, blur_m: Surface, *, cycle_lane: bool) -> Surface:
    tone = np.full_like(x_m, 104.0)
    for track in (-2.4, -0.9, 0.9, 2.4):
        tone -= 9 * np.exp(-(((x_m - track) / 0.28) ** 2))
    tone += 5 * np.exp(-(((np.abs(x_m) - 1.65) / 0.3) ** 2))
    tone -= 16 * _stripe(z_m, 14.2, 0.03, blur_m * 8) * (x_m > 0.1)
    tone -= 14 * _stripe(x_m + 0.06 * np.sin(z_m * 1.7), 1.72, 0.02, blur_m)
    dash = np.clip((1.25 - np.abs(np.mod(z_m, 4.0) - 2)) / np.maximum(blur_m * 6, 0.02) + 0.5, 0, 1)
    paint = _stripe(x_m, 0, 0.06, blur_m) * dash
    for edge in (-1, 1):
        paint = np.maximum(paint, 0.85 * _stripe(x_m, edge * (ROAD_HALF_M - 0.32), 0.055, blur_m))
        if cycle_lane:
            paint = np.maximum(paint, 0.8 * _stripe(x_m, edge * 2.0, 0.05, blur_m) * dash)
    return np.asarray(tone * (1 - 0.82 * paint) + 205 * 0.82 * paint, np.float32)


def _pavement_tone(x_m: Surface, z_m: Surface, blur_m: Surface) -> Surface:
    tone = np.full_like(x_m, 146.0)
    fade = np.clip(0.05 / np.maximum(blur_m * 7, 0.02), 0, 1)
    for value, step in ((x_m, 0.3), (z_m, 0.3)):
        joint = np.abs(np.mod(value, step) - step / 2)
        tone -= 26 * fade * np.clip((joint - step / 2 + 0.014) / 0.014, 0, 1)
    kerb = np.abs(np.abs(x_m) - ROAD_HALF_M - 0.09) < 0.09
    gutter = np.abs(np.abs(x_m) - ROAD_HALF_M - 0.01) < 0.02
    return np.asarray(np.where(kerb, 168, tone) - 70 * gutter, np.float32)
