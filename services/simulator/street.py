"""The empty street before a camera, drawn once by following every pixel's ray: sky, houses, trees, road, posts."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.simulator.facades import HEIGHT_M, PX_PER_M, draw_row
from services.simulator.greenery import plant_trees
from services.simulator.ground import draw_ground
from services.simulator.optics import HEIGHT_PX, WIDTH_PX, View
from services.simulator.site import ROAD_HALF_M, Site, Weather, haze
from services.simulator.texture import Surface, cloud, pyramid, sample

_ROW_M = 68.0
_LEVELS = 6


@dataclass(frozen=True, slots=True)
class Street:
    """What a camera sees when nobody passes: a picture (height, width, 3), BGR 0 to 255, by day."""

    view: View
    weather: Weather
    picture: Surface


def draw_street(site: Site) -> Street:
    """The street of one site."""
    random = site.random
    edges_m = (-random.uniform(6.2, 8.5), random.uniform(6.0, 8.5))
    picture = _sky(site)
    _draw_skyline(picture, site)
    for edge_m in edges_m:
        if random.random() < 0.25:
            _draw_hedge(picture, site, edge_m)
        else:
            _draw_houses(picture, site, edge_m)
    draw_ground(picture, site, edges_m, cycle_lane=random.random() < 0.4)
    plant_trees(picture, site, edges_m)
    _draw_posts(picture, site)
    return Street(site.view, site.weather, np.clip(picture, 0, 255))


def _sky(site: Site) -> Surface:
    rays, weather, noise = site.rays, site.weather, site.noise
    height = np.clip(rays[..., 1:2] * 2.2, 0, 1)
    sky = np.array(weather.horizon) * (1 - height) + np.array(weather.zenith) * height
    cover = np.clip(0.45 + 0.4 * cloud(noise, (HEIGHT_PX, WIDTH_PX), 420), 0, 1)[:, :, None]
    cover = cover * (0.75 if weather.sharp else 0.35)
    return np.asarray(sky * (1 - cover) + np.array([240.0, 238.0, 236.0]) * cover, np.float32)


def _draw_skyline(picture: Surface, site: Site) -> None:
    """Far trees and roofs in the mist, where the street ends."""
    rays, weather, noise = site.rays, site.weather, site.noise
    height = 0.011 + 0.0012 * cloud(noise, (1, WIDTH_PX), 90, decay=0.95)[0]
    shown = (rays[..., 1] > -0.06) & (rays[..., 1] < height[None, :])
    picture[shown] = np.array(weather.horizon) * 0.76 + np.array([4.0, 8.0, 2.0])


def _draw_houses(picture: Surface, site: Site, side_m: float) -> None:
    """A row of houses along one side."""
    row = draw_row(site.random, site.noise, _ROW_M)
    stacked = np.dstack([row.colour, row.cover * 255])
    reach, along, above = _wall(site, side_m)
    hit = np.isfinite(reach) & (reach > 1) & (along > 1) & (along < 260) & (above > -0.3) & (above < HEIGHT_M)
    reach, along, above = reach[hit], along[hit], above[hit]
    slant = np.maximum(np.abs(site.rays[..., 0][hit]), 0.02)
    footprint = reach / site.view.focal_px * PX_PER_M / np.sqrt(slant)
    below_px = np.asarray((HEIGHT_M - np.maximum(above, 0.1)) * PX_PER_M, np.float32)
    offset_px = 0 if side_m < 0 else _ROW_M * PX_PER_M / 3
    found = sample(
        pyramid(stacked, _LEVELS),
        along * PX_PER_M + offset_px,
        below_px,
        footprint,
    )
    facing = 1.0 - 0.28 * site.weather.sharp * (np.sign(side_m) * site.weather.sun[0] > 0)
    shade = facing * (0.72 + 0.28 * np.clip(above / 3.0, 0, 1))
    colour = haze(found[:, :3] * shade[:, None], reach, site.weather)
    cover = found[:, 3:] / 255
    picture[hit] = picture[hit] * (1 - cover) + colour * cover


def _wall(site: Site, side_m: float) -> tuple[Surface, Surface, Surface]:
    """Where every ray meets the upright plane along the road at `side_m`: reach, metres along, metres above the ground."""
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = (side_m - site.view.x_m) / site.rays[..., 0]
        along, above = reach * site.rays[..., 2], site.view.height_m + reach * site.rays[..., 1]
    return reach, along, np.asarray(above, np.float32)


def _draw_hedge(picture: Surface, site: Site, side_m: float) -> None:
    """A green edge in place of houses: hedge below, the open behind it."""
    noise = site.noise
    leaves = cloud(noise, (256, 1024), 60, decay=0.8)
    texture = np.dstack([np.full_like(leaves, 46.0), np.full_like(leaves, 82.0), np.full_like(leaves, 62.0)])
    texture *= (1 + 0.28 * leaves)[:, :, None]
    top = 1.9 + 0.22 * cloud(noise, (1, 1024), 90)[0]
    reach, along, above = _wall(site, side_m)
    known = np.isfinite(along) & (reach > 1)
    column = np.mod(np.where(known, along, 0) * 20, 1024).astype(np.int32)
    hit = known & (along > 1) & (along < 200) & (above > 0) & (above < top[column])
    footprint = reach[hit] / site.view.focal_px * 100
    found = sample(pyramid(np.asarray(texture, np.float32), _LEVELS), along[hit] * 100, above[hit] * 100, footprint)
    picture[hit] = found * (0.5 + 0.5 * np.clip(above[hit] / 1.9, 0, 1))[:, None]


def _draw_posts(picture: Surface, site: Site) -> None:
    """Street lamps and a sign, none of them with letters."""
    view, random = site.view, site.random
    side = random.choice((-1, 1))
    for z_m in np.arange(random.uniform(16, 24), 140, 26.0)[::-1]:
        x_m = side * (ROAD_HALF_M + 0.45)
        foot, top = _pixels(view, (x_m, 0, z_m), (x_m, 6.5, z_m))
        arm = _pixels(view, (x_m - side * 1.3, 6.7, z_m))[0]
        thick = max(1, round(view.focal_px * 0.11 / float(z_m)))
        grey = (112 + 60 * min(z_m / 120, 1),) * 3
        cv2.line(picture, foot, top, grey, thick, cv2.LINE_AA)
        cv2.line(picture, top, arm, grey, max(1, thick // 2), cv2.LINE_AA)
    z_m, x_m = random.uniform(13, 26), -side * (ROAD_HALF_M + random.uniform(0.5, 1.2))
    foot, middle = _pixels(view, (x_m, 0, z_m), (x_m, 2.5, z_m))
    radius = round(view.focal_px * 0.3 / z_m)
    cv2.line(picture, foot, middle, (132, 134, 134), max(1, radius // 7), cv2.LINE_AA)
    cv2.circle(picture, middle, radius, (38, 34, 178), -1, cv2.LINE_AA)
    cv2.circle(picture, middle, round(radius * 0.7), (226, 228, 228), -1, cv2.LINE_AA)


def _pixels(view: View, *points: tuple[float, float, float]) -> list[tuple[int, int]]:
    return [(round(float(x)), round(float(y))) for x, y in view.project(np.array(points, np.float64))]
