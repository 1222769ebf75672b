"""The skin of a car: a curved grid over the near end and the roof, and what is dark below it."""

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from services.simulator.bodies import End
from services.simulator.canvas import Canvas
from services.simulator.light import Light, shade
from services.simulator.optics import Points

Colour = tuple[float, float, float]
LATERAL = 14
PLASTIC: Colour = (34, 34, 36)
GLASS: Colour = (26, 25, 24)
TYRE: Colour = (22, 22, 24)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the near end of a vehicle stands, and how far it is turned to the right."""

    x_m: float
    z_m: float
    turn_deg: float

    def world(self, local: Points) -> Points:
        """World points (n, 3) of body points (across, up, back)."""
        turn = radians(self.turn_deg)
        across, up, back = local[..., 0], local[..., 1], local[..., 2]
        x = self.x_m + across * cos(turn) + back * sin(turn)
        z = self.z_m - across * sin(turn) + back * cos(turn)
        return np.stack([x, up, z], axis=-1)


@dataclass(frozen=True, slots=True)
class Car:
    """A car to be painted: where it stands, the end that is seen, its colour, and the light it stands in."""

    pose: Pose
    end: End
    paint: Colour
    light: Light


def bow(end: End, across: Points, up: Points) -> Points:
    """How far the skin lies behind the centre line at a place across the body: flat in the middle, round at the corners."""
    half = np.interp(up, [s.up for s in end.stations], [s.half for s in end.stations])
    share = np.clip(np.abs(across) / half, 0, 1)
    return np.asarray(0.06 * share**2 + 0.16 * share**7, np.float64)


def skin(end: End) -> tuple[Points, list[str]]:
    """Grid (rows, LATERAL + 1, 3) of body points from the lower lip to the roof, and the material of each strip."""
    rows: list[tuple[float, float, float]] = []
    materials: list[str] = []
    for lower, upper in zip(end.stations[:-1], end.stations[1:], strict=True):
        steps = max(2, round(float(np.hypot(upper.back - lower.back, upper.up - lower.up)) / 0.11))
        for step in range(steps):
            share = step / steps
            rows.append(
                (
                    lower.back + (upper.back - lower.back) * share,
                    lower.up + (upper.up - lower.up) * share,
                    lower.half + (upper.half - lower.half) * share,
                )
            )
            materials.append(lower.material)
    rows.append((end.stations[-1].back, end.stations[-1].up, end.stations[-1].half))
    profile = _smooth(np.array(rows))
    t = np.linspace(-1, 1, LATERAL + 1)[None, :]
    t = np.sign(t) * (1 - (1 - np.abs(t)) ** 1.5)
    back = profile[:, 0:1] + 0.06 * np.abs(t) ** 2 + 0.16 * np.abs(t) ** 7
    crown = np.clip((profile[:, 1:2] - 0.7) * 0.16, 0, 0.06) * t**2
    grid = np.stack([profile[:, 2:3] * t, profile[:, 1:2] - crown, back], axis=-1)
    return grid, materials


def paint_skin(canvas: Canvas, car: Car) -> None:
    """Paints near end, bonnet, windows and roof, the farthest strip first."""
    grid, materials = skin(car.end)
    world = car.pose.world(grid)
    corners = np.stack([world[:-1, :-1], world[:-1, 1:], world[1:, 1:], world[1:, :-1]], axis=2)[::-1].reshape(-1, 4, 3)
    albedo = {"paint": car.paint, "roof": car.paint, "plastic": PLASTIC, "glass": GLASS}
    gloss = {"paint": 0.05, "roof": 0.05, "plastic": 0.0, "glass": 0.1}
    colours = np.repeat(np.array([albedo[material] for material in reversed(materials)]), LATERAL, axis=0)
    mirrors = np.repeat(np.array([[gloss[material]] for material in reversed(materials)]), LATERAL, axis=0)
    paint_patches(canvas, car.light, corners, colours, mirrors)


def paint_patches(canvas: Canvas, light: Light, corners: Points, albedo: Points, gloss: Points) -> None:
    """Paints patches (n, 4, 3) of the given albedo (n, 3) and gloss (n, 1), in order."""
    normals = np.asarray(np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]), np.float64)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    sight = corners.mean(axis=1) - canvas.view.place
    sight /= np.linalg.norm(sight, axis=1, keepdims=True)
    canvas.patches(corners, shade(albedo, normals, sight, light, gloss))


def paint_underside(canvas: Canvas, car: Car) -> None:
    """Paints the dark below the body and the tyres of the near end."""
    pose, half = car.pose, car.end.stations[1].half
    floor = np.array([[-half, 0.0, 0.5], [half, 0.0, 0.5], [half, 0.32, 0.3], [-half, 0.32, 0.3]])
    canvas.shape(pose.world(floor), (12, 12, 13))
    for side in (-1, 1):
        inner, outer, step = side * (half - 0.26), side * (half - 0.03), side * 0.03
        sole = [[inner, 0.03, 0.52], [inner + step, 0.0, 0.55], [outer - step, 0.0, 0.55], [outer, 0.03, 0.52]]
        tyre = [*sole, [outer, 0.36, 0.42], [inner, 0.36, 0.42]]
        canvas.shape(pose.world(np.array(tyre)), TYRE)


def _smooth(profile: Points) -> Points:
    """Takes the corners off the centre line."""
    inner = profile.copy()
    inner[1:-1] = profile[:-2] * 0.22 + profile[1:-1] * 0.56 + profile[2:] * 0.22
    return inner
