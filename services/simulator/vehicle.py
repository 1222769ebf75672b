"""A vehicle in the street: its shadow, its body, its plate, and where the plate's corners fall in the picture."""

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np

from services.simulator.bodies import FRONTS, REARS, End, Kind
from services.simulator.bodywork import Car, Pose, paint_skin, paint_underside
from services.simulator.canvas import Canvas
from services.simulator.dice import dice
from services.simulator.face import Picture, draw_face
from services.simulator.flank import paint_flank
from services.simulator.light import Light
from services.simulator.motorcycle import PLATE_UP_M, outline_motorcycle, paint_motorcycle
from services.simulator.optics import Points, View
from services.simulator.plates import SIZES_MM, Plate
from services.simulator.texture import Surface
from services.simulator.trim import on_skin, paint_mirrors, paint_trim

Colour = tuple[float, float, float]
PAINTS: tuple[Colour, ...] = (
    (34, 34, 36),
    (26, 25, 26),
    (214, 216, 216),
    (224, 226, 226),
    (150, 152, 154),
    (104, 106, 108),
    (72, 74, 78),
    (112, 62, 28),
    (84, 44, 30),
    (34, 28, 136),
    (60, 78, 66),
    (120, 138, 150),
)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What drives past: the same on every camera. `look` seeds its details."""

    plate: Plate
    kind: Kind
    paint: Colour
    look: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A vehicle as one camera meets it."""

    vehicle: Vehicle
    pose: Pose
    rear: bool


def end_of(placed: Placed) -> End:
    """The end that is nearer to the camera. Not for motorcycles."""
    return (REARS if placed.rear else FRONTS)[placed.vehicle.kind]


def plate_corners(placed: Placed) -> Points:
    """World points (4, 3) of the plate, clockwise from the upper left."""
    style = dice(placed.vehicle.look)
    width, height = (length / 1000 for length in SIZES_MM[placed.vehicle.plate.sheet])
    tilt = style.gauss(0, 0.012)
    if placed.vehicle.kind is Kind.MOTORCYCLE:
        middle = np.array([0.0, PLATE_UP_M, -0.02])
    else:
        end = end_of(placed)
        up = end.plate_up_m if placed.rear else max(end.plate_up_m, end.stations[1].up + height / 2)
        middle = on_skin(end, np.array([[0.0, up]]), lift_m=0.03)[0]
    across, rise = np.array([-0.5, 0.5, 0.5, -0.5]) * width, np.array([0.5, 0.5, -0.5, -0.5]) * height
    lean = style.uniform(0.0, 0.16)
    return placed.pose.world(np.stack([across, middle[1] + rise + across * tilt, middle[2] + rise * lean], axis=1))


def outline(placed: Placed) -> Points:
    """World points (n, 3) that enclose the vehicle."""
    if placed.vehicle.kind is Kind.MOTORCYCLE:
        return placed.pose.world(outline_motorcycle())
    end = end_of(placed)
    half = max(station.half for station in end.stations) + 0.24
    top = max(station.up for station in end.stations) + 0.02
    return placed.pose.world(
        np.array([(x, y, z) for x in (-half, half) for y in (0.0, top) for z in (-0.1, end.length_m)], np.float64)
    )


def paint_vehicle(picture: Surface, view: View, light: Light, placed: Placed, smear_px: float) -> None:
    """Paints the vehicle into the picture (height, width, 3); it moves `smear_px` while the shutter is open."""
    canvas = Canvas.around(view, outline(placed), light.trim_tone)
    if canvas.is_empty:
        return
    _paint_shadow(picture, view, light, placed)
    style = dice(placed.vehicle.look, "trim")
    if placed.vehicle.kind is Kind.MOTORCYCLE:
        paint_motorcycle(canvas, placed.pose, placed.vehicle.paint, style)
    else:
        _paint_car(canvas, Car(placed.pose, end_of(placed), placed.vehicle.paint, light), style)
    face = draw_face(placed.vehicle.plate, rear=placed.rear)
    corners = plate_corners(placed)
    centre = corners.mean(axis=0)
    canvas.shape(centre + (corners - centre) * np.array([1.035, 1.16, 1.0]), (18, 18, 19))
    canvas.sheet(_lit(face, light, style), corners)
    canvas.lay_over(picture, _way(view, centre) * smear_px)


def _lit(face: Picture, light: Light, style: Random) -> Picture:
    """The face in this light, with a little dirt of its own."""
    grime = 1 - style.uniform(0.0, 0.1)
    return np.clip(face * (light.plate_gain * grime), 0, 255).astype(np.uint8)


def _way(view: View, place: Points) -> Points:
    """Direction (2,) in the picture, of length one, in which a thing moves that drives along the road."""
    start, stop = view.project(np.stack([place, place + np.array([0.0, 0.0, 0.4])]))
    step = stop - start
    return np.asarray(step / max(float(np.hypot(*step)), 1e-6), np.float64)


def _paint_car(canvas: Canvas, car: Car, style: Random) -> None:
    paint_underside(canvas, car)
    for side in (-1, 1):
        middle, outside = car.pose.world(np.array([[side * 0.9, 0.8, 2.0], [side * 1.9, 0.8, 2.0]]))
        if (outside - middle) @ (middle - canvas.view.place) < 0:
            paint_flank(canvas, car, side)
    paint_mirrors(canvas, car)
    paint_skin(canvas, car)
    paint_trim(canvas, car, style)


def _paint_shadow(picture: Surface, view: View, light: Light, placed: Placed) -> None:
    """Darkens the road below, and where the sun is kept off."""
    narrow = placed.vehicle.kind is Kind.MOTORCYCLE
    half, long = (0.3, 1.9) if narrow else (0.96, 4.3)
    base = np.array([[-half, 0, 0.0], [half, 0, 0.0], [half, 0, long], [-half, 0, long]], np.float64)
    _darken(picture, view.project(placed.pose.world(base * (1.04, 1, 1.02))), 0.62, 0.028 * view.focal_px)
    if light.strength > 0.2:
        height = 1.3
        slide = np.array([-light.sun[0], 0, -light.sun[2]]) / light.sun[1] * height
        ground = placed.pose.world(base)
        hull = cv2.convexHull(np.concatenate([ground, ground + slide])[:, [0, 2]].astype(np.float32))[:, 0]
        cast = np.stack([hull[:, 0], np.zeros(len(hull)), hull[:, 1]], axis=1).astype(np.float64)
        _darken(picture, view.project(cast), 0.5 * light.strength, 0.006 * view.focal_px)


def _darken(picture: Surface, outline_px: Points, share: float, blur_px: float) -> None:
    height, width = picture.shape[:2]
    margin = 3 * blur_px
    low = np.clip(np.floor(outline_px.min(axis=0) - margin), 0, (width, height)).astype(int)
    high = np.clip(np.ceil(outline_px.max(axis=0) + margin), 0, (width, height)).astype(int)
    if (high - low < 2).any():
        return
    # A shadow has no detail: a quarter of the size is enough.
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    mask = np.zeros((size[1] // 4 + 1, size[0] // 4 + 1), np.float32)
    cv2.fillPoly(mask, [np.round(np.clip((outline_px - low) / 4, -9000, 9000)).astype(np.int32)], share)
    kernel = (_odd(blur_px / 4), _odd(blur_px / 4))
    soft = cv2.resize(cv2.blur(cv2.blur(mask, kernel), kernel), size, interpolation=cv2.INTER_LINEAR)
    picture[low[1] : high[1], low[0] : high[0]] *= cv2.cvtColor(1 - soft, cv2.COLOR_GRAY2BGR)


def _odd(length: float) -> int:
    return max(1, round(length)) | 1
