"""Where the vehicles of a shot stand in the picture, and which of their plates can be seen whole."""

from collections.abc import Sequence
from random import Random

import numpy as np

from services.simulator.bodies import Kind
from services.simulator.bodywork import Pose
from services.simulator.cameras import LANE_M, Camera
from services.simulator.drive import Passing
from services.simulator.frame import Corners, TruePlate
from services.simulator.optics import HEIGHT_PX, WIDTH_PX, Points
from services.simulator.plates import Plate, Sheet
from services.simulator.vehicle import PAINTS, Placed, Vehicle, outline, plate_corners

_MARGIN_PX = 12.0
_WIDEST_PX = 258.0
NO_PLATE = Plate(("",), "BE", "UNKNOWN", Sheet.LONG)


def place_vehicles(random: Random, camera: Camera, passing: Sequence[Passing]) -> list[Placed]:
    """Puts each vehicle where its plate lies in the picture, and some more so far away that theirs are blank."""
    placed = [_place(random, camera, one) for one in passing]
    nearest_m = min((one.pose.z_m for one in placed), default=camera.aim_m)
    for _ in range(random.choice((0, 0, 1, 2))):
        placed.append(_place_far(random, max(38.0, nearest_m + 26)))
    return sorted(placed, key=lambda one: -one.pose.z_m)


def visible_plates(camera: Camera, placed: Sequence[Placed]) -> tuple[TruePlate, ...]:
    """The plates that can be seen whole. `placed` has the farthest first."""
    seen = []
    for number, one in enumerate(placed):
        pixels = camera.view.project(plate_corners(one))
        hidden = any(_overlap(pixels, camera.view.project(outline(nearer))) for nearer in placed[number + 1 :])
        if one.vehicle.plate.text and _is_inside(pixels) and not hidden:
            seen.append(TruePlate(one.vehicle.plate, _corners(pixels)))
    return tuple(seen)


def _place(random: Random, camera: Camera, passing: Passing) -> Placed:
    rear = camera.looks_along is passing.main
    lane_m = LANE_M if rear else -LANE_M
    turn_deg = random.gauss(0, 1.2)
    tries = [(lane_m + random.gauss(0, 0.16), camera.aim_m * random.uniform(0.72, 1.4)) for _ in range(10)]
    tries.append((lane_m, camera.aim_m))
    candidates = [Placed(passing.vehicle, Pose(x_m, z_m, turn_deg), rear) for x_m, z_m in tries]
    return next((one for one in candidates if _is_good(camera, one)), candidates[-1])


def _is_good(camera: Camera, placed: Placed) -> bool:
    pixels = camera.view.project(plate_corners(placed))
    least_px = 92.0 if placed.vehicle.plate.sheet is Sheet.LONG else 56.0
    width_px = float(np.linalg.norm(pixels[1] - pixels[0]))
    return _is_inside(pixels) and least_px <= width_px <= _WIDEST_PX


def _place_far(random: Random, from_m: float) -> Placed:
    rear = random.random() < 0.5
    vehicle = Vehicle(
        NO_PLATE, random.choice((Kind.HATCHBACK, Kind.SALOON, Kind.SUV)), random.choice(PAINTS), random.getrandbits(48)
    )
    lane_m = (LANE_M if rear else -LANE_M) + random.gauss(0, 0.15)
    return Placed(vehicle, Pose(lane_m, from_m + random.uniform(0, 50), random.gauss(0, 0.5)), rear)


def _is_inside(pixels: Points) -> bool:
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    return bool((low >= _MARGIN_PX).all() and high[0] <= WIDTH_PX - _MARGIN_PX and high[1] <= HEIGHT_PX - _MARGIN_PX)


def _overlap(first: Points, second: Points) -> bool:
    return bool((first.min(axis=0) < second.max(axis=0)).all() and (second.min(axis=0) < first.max(axis=0)).all())


def _corners(pixels: Points) -> Corners:
    first, second, third, fourth = ((round(float(x), 1), round(float(y), 1)) for x, y in pixels)
    return first, second, third, fourth
