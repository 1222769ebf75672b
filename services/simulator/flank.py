"""The long side of a car: doors, windows, pillars, wheels."""

import numpy as np

from services.simulator.bodies import End, Station
from services.simulator.bodywork import GLASS, TYRE, Car, Colour, paint_patches
from services.simulator.canvas import Canvas
from services.simulator.optics import Points

_WHEEL: tuple[tuple[float, Colour], ...] = (
    (0.37, (16, 16, 17)),
    (0.33, TYRE),
    (0.225, (126, 128, 130)),
    (0.19, (70, 72, 74)),
    (0.06, (140, 142, 144)),
)


def paint_flank(canvas: Canvas, car: Car, side: int) -> None:
    """Paints one side, -1 for the left as seen and 1 for the right."""
    end = car.end
    half = max(station.half for station in end.stations)
    edges = np.linspace(0.2, end.length_m, 11)
    for low, high in (((half, 0.24), (half * 1.01, 0.6)), ((half * 1.01, 0.6), (half * 0.97, end.belt_m))):
        _paint_wall(canvas, car, (_rail(edges, low, side), _rail(edges, high, side)), car.paint, 0.05)
    _paint_windows(canvas, car, half, side)
    for back in (1.15, 2.35, 3.3):
        joint = np.array([[side * half * 1.01, 0.3, back], [side * half * 0.975, end.belt_m, back]])
        canvas.line(car.pose.world(joint), [channel * 0.35 for channel in car.paint], 0.012)
    for back in (0.78, end.length_m - 0.85):
        _paint_wheel(canvas, car, side * half * 1.012, back)


def _paint_windows(canvas: Canvas, car: Car, half: float, side: int) -> None:
    end = car.end
    roof = max(end.stations, key=lambda station: station.up)
    glass_from = next(s.back for s in end.stations if s.material == "glass")
    for inset, albedo, gloss in ((0.0, car.paint, 0.05), (0.055, GLASS, 0.1)):
        backs = np.linspace(glass_from + 0.15 + 4 * inset, end.length_m - 0.3 - 4 * inset, 12)
        above = _roof_rail(end, backs, roof, half, side) + np.array([side * inset * 0.2, -inset * 1.2, 0.0])
        below = _rail(backs, (half * (0.965 + inset * 0.1), end.belt_m + inset * 0.5), side)
        above[:, 1] = np.maximum(above[:, 1], below[:, 1])
        _paint_wall(canvas, car, (below, above), albedo, gloss)
    backs = np.array([glass_from + 1.2, end.length_m - 1.4])
    feet, heads = _rail(backs, (half * 0.972, end.belt_m), side), _roof_rail(end, backs, roof, half, side)
    for foot, head in zip(feet, heads, strict=True):
        canvas.line(car.pose.world(np.stack([foot, head])), [channel * 0.5 for channel in car.paint], 0.045)


def _rail(backs: Points, across_up: tuple[float, float], side: int) -> Points:
    """Body points (n, 3) along the car at one place across and up."""
    return np.stack([np.full_like(backs, side * across_up[0]), np.full_like(backs, across_up[1]), backs], axis=1)


def _roof_rail(end: End, backs: Points, roof: Station, half: float, side: int) -> Points:
    """Upper edge of the side windows: follows the roof, and comes down before the far end."""
    glass = [station for station in end.stations if station.up >= end.belt_m]
    line = np.interp(backs, [s.back for s in glass], [s.up for s in glass]) - 0.075
    fall = np.clip((end.length_m - 0.3 - backs) / 0.75, 0.05, 1) if end.stations[-1].up < 1.8 else np.ones_like(backs)
    up = end.belt_m + np.maximum(line - end.belt_m, 0) * fall
    share = np.clip((up - end.belt_m) / (roof.up - end.belt_m), 0, 1)
    return np.stack([side * (half * 0.965 + (roof.half - half * 0.965) * share), up, backs], axis=1)


def _paint_wall(canvas: Canvas, car: Car, rails: tuple[Points, Points], albedo: Colour, gloss: float) -> None:
    """Paints the strip between a lower and an upper rail (n, 3), the far end first."""
    lower, upper = rails
    corners = car.pose.world(np.stack([lower[:-1], lower[1:], upper[1:], upper[:-1]], axis=1))[::-1]
    colours, mirrors = np.tile(np.array(albedo), (len(corners), 1)), np.full((len(corners), 1), gloss)
    paint_patches(canvas, car.light, corners, colours, mirrors)


def _paint_wheel(canvas: Canvas, car: Car, across: float, back: float) -> None:
    turns = np.linspace(0, 2 * np.pi, 28)
    for radius, colour in _WHEEL:
        up, along = 0.33 + radius * np.sin(turns), back + radius * np.cos(turns)
        canvas.shape(car.pose.world(np.stack([np.full_like(turns, across), up, along], axis=1)), colour)
