"""What sits on the skin of a car: lamps, grille, badge, joints, wipers, mirrors, and the things behind the glass."""

from random import Random

import numpy as np

from services.simulator.bodies import End
from services.simulator.bodywork import Car, bow
from services.simulator.canvas import Canvas
from services.simulator.optics import Points

Colour = tuple[float, float, float]
CHROME: Colour = (196, 194, 190)
DARK: Colour = (20, 20, 22)
RED: Colour = (28, 22, 150)
BRIGHT_RED: Colour = (60, 48, 222)


def on_skin(end: End, outline: Points, lift_m: float = 0.006) -> Points:
    """Body points (n, 3) of places (across, up) (n, 2) on the near end."""
    across, up = outline[:, 0], outline[:, 1]
    back = np.interp(up, [s.up for s in end.stations], [s.back for s in end.stations])
    return np.stack([across, up, back + bow(end, across, up) - lift_m], axis=1)


def on_glass(end: End, outline: Points) -> Points:
    """Body points (n, 3) of places (across -1 to 1, up 0 to 1) (n, 2) on the near window."""
    number = next(n for n, station in enumerate(end.stations) if station.material == "glass")
    low, high = end.stations[number], end.stations[number + 1]
    across, share = outline[:, 0], outline[:, 1]
    half = low.half + (high.half - low.half) * share
    back = low.back + (high.back - low.back) * share + 0.06 * across**2 + 0.16 * np.abs(across) ** 7
    return np.stack([half * across, low.up + (high.up - low.up) * share, back - 0.008], axis=1)


def rounded(left: float, low: float, right: float, high: float, radius: float) -> Points:
    """Outline (n, 2) of a rectangle with round corners."""
    radius = min(radius, (right - left) / 2, (high - low) / 2)
    corners = (
        (right - radius, high - radius, 0),
        (left + radius, high - radius, 1),
        (left + radius, low + radius, 2),
        (right - radius, low + radius, 3),
    )
    turns = np.linspace(0, np.pi / 2, 5)
    rings = [
        np.stack(
            [x + radius * np.cos(turns + quarter * np.pi / 2), y + radius * np.sin(turns + quarter * np.pi / 2)], axis=1
        )
        for x, y, quarter in corners
    ]
    return np.concatenate(rings)


def mirrored(outline: Points) -> tuple[Points, Points]:
    """An outline and its reflection about the middle of the car."""
    return outline, outline * np.array([-1.0, 1.0])


def paint_trim(canvas: Canvas, car: Car, style: Random) -> None:
    """Paints everything on the near end but the plate."""
    _paint_window(canvas, car, style)
    if car.end.rear:
        _paint_rear(canvas, car, style)
    else:
        _paint_front(canvas, car, style)


def _shape(canvas: Canvas, car: Car, outline: Points, colour: Colour) -> None:
    canvas.shape(car.pose.world(on_skin(car.end, outline)), colour)


def _line(canvas: Canvas, car: Car, places: Points, colour: Colour, width_m: float) -> None:
    canvas.line(car.pose.world(on_skin(car.end, places)), colour, width_m)


def _seam(car: Car) -> Colour:
    """Colour of a joint in the body."""
    return (car.paint[0] * 0.35, car.paint[1] * 0.35, car.paint[2] * 0.35)


def _paint_front(canvas: Canvas, car: Car, style: Random) -> None:
    end = car.end
    half = end.stations[3].half
    low, high = end.lamps_m
    across = np.linspace(-half * 0.9, half * 0.9, 15)
    _line(canvas, car, np.stack([across, high + 0.03 - 0.03 * (across / half) ** 2], axis=1), _seam(car), 0.012)
    _paint_intakes(canvas, car, style)
    inner = half * style.uniform(0.5, 0.6)
    rise = style.uniform(0.02, 0.07)
    outer = half * 0.985
    lamp = np.array(
        [
            [inner, low + rise],
            [outer * 0.93, low],
            [outer, low + 0.05],
            [outer * 0.99, high + rise],
            [outer * 0.9, high + rise],
            [inner + 0.03, high],
        ]
    )
    for outline in mirrored(lamp):
        _shape(canvas, car, outline, (52, 52, 54))
        _shape(canvas, car, _shrunk(outline, 0.84), (150, 150, 148))
        centre = outline.mean(axis=0)
        for reach, tone in ((0.052, 92.0), (0.042, 214.0), (0.026, 150.0)):
            _shape(canvas, car, _ring(centre * (0.93, 1.0), reach), (tone, tone, tone * 0.98))
        strip = np.array([outline[0] * (1.02, 1.0), outline[1] + (0, 0.016)])
        _line(canvas, car, strip, (244, 244, 242), 0.016)
    _shape(canvas, car, _ring(np.array([0.0, end.grille_m[1] + 0.02]), 0.048), CHROME)
    _shape(canvas, car, _ring(np.array([0.0, end.grille_m[1] + 0.02]), 0.035), (120, 118, 116))


def _paint_intakes(canvas: Canvas, car: Car, style: Random) -> None:
    end = car.end
    low, high = end.grille_m
    wide = style.uniform(0.42, 0.56)
    upper = rounded(-wide * 0.85, high - style.uniform(0.06, 0.1), wide * 0.85, high + 0.06, 0.05)
    lower = rounded(-wide * 1.1, low - 0.04, wide * 1.1, low + style.uniform(0.06, 0.1), 0.05)
    for outline in (upper, lower):
        _shape(canvas, car, outline, DARK)
        bottom, top = float(outline[:, 1].min()), float(outline[:, 1].max())
        reach = float(outline[:, 0].max()) - 0.03
        for height in np.linspace(bottom, top, 6)[1:-1]:
            places = np.array([[-reach, height], [0.0, height], [reach, height]])
            _line(canvas, car, places, (58, 58, 60), 0.008)
    if style.random() < 0.5:
        rim = np.concatenate([upper, upper[:1]])
        _line(canvas, car, rim, CHROME, 0.012)
    half = end.stations[2].half
    for outline in mirrored(rounded(half * 0.7, low - 0.02, half * 0.93, low + 0.09, 0.03)):
        _shape(canvas, car, outline, (26, 26, 28))
        _shape(canvas, car, _ring(outline.mean(axis=0), 0.03), (120, 122, 124))


def _paint_rear(canvas: Canvas, car: Car, style: Random) -> None:
    end, seam = car.end, _seam(car)
    half = end.stations[3].half
    low, high = end.lamps_m
    bumper = end.stations[3].up
    across = np.linspace(-half * 0.94, half * 0.94, 13)
    _line(canvas, car, np.stack([across, np.full_like(across, bumper)], axis=1), seam, 0.014)
    inner = half * style.uniform(0.62, 0.74)
    for outline in mirrored(
        np.array([[inner, low + 0.02], [half * 0.97, low], [half * 0.985, high], [inner + 0.05, high - 0.01]])
    ):
        _shape(canvas, car, outline, (18, 14, 70))
        _shape(canvas, car, _shrunk(outline, 0.88), RED)
        _shape(canvas, car, _shrunk(outline, 0.4) + np.array([0.0, 0.045]), BRIGHT_RED)
        _shape(canvas, car, _shrunk(outline, 0.3) - np.array([0.0, 0.06]), (190, 190, 192))
    edge = inner * 0.98
    for outline in mirrored(np.array([[edge, bumper + 0.02], [edge + 0.02, high + 0.02]])):
        _line(canvas, car, outline, seam, 0.009)
    trim_up = end.plate_up_m + 0.11
    _line(canvas, car, np.array([[-0.3, trim_up], [0.3, trim_up]]), style.choice((CHROME, DARK, car.paint)), 0.022)
    _shape(canvas, car, _ring(np.array([0.0, min(trim_up + 0.055, high + 0.01)]), 0.036), CHROME)
    _paint_lower_rear(canvas, car, style)


def _paint_lower_rear(canvas: Canvas, car: Car, style: Random) -> None:
    half = car.end.stations[2].half
    low = car.end.stations[1].up
    _shape(canvas, car, rounded(-half * 0.62, low - 0.1, half * 0.62, low + 0.06, 0.03), (30, 30, 32))
    for outline in mirrored(rounded(half * 0.68, low + 0.04, half * 0.9, low + 0.07, 0.01)):
        _shape(canvas, car, outline, (36, 30, 160))
    if style.random() < 0.7:
        _shape(canvas, car, rounded(half * 0.42, low - 0.08, half * 0.56, low - 0.03, 0.02), (110, 110, 112))


def _paint_window(canvas: Canvas, car: Car, style: Random) -> None:
    pose, end = car.pose, car.end
    for seat in (-0.45, 0.45):
        for outline, tone in (
            (rounded(seat - 0.2, 0.02, seat + 0.2, 0.42, 0.1), 46.0),
            (rounded(seat - 0.11, 0.44, seat + 0.11, 0.66, 0.08), 52.0),
        ):
            canvas.glaze(pose.world(on_glass(end, outline)), (tone, tone, tone), 0.5)
    canvas.glaze(pose.world(on_glass(end, rounded(-0.1, 0.84, 0.1, 0.94, 0.03))), (16, 16, 16), 0.8)
    lean = style.uniform(-0.5, 0.5)
    streak = np.array([[lean - 0.5, 0.02], [lean + 0.1, 0.02], [lean + 0.35, 0.98], [lean - 0.1, 0.98]])
    streak[:, 0] = np.clip(streak[:, 0], -0.97, 0.97)
    canvas.glaze(pose.world(on_glass(end, streak)), car.light.horizon, 0.13)
    rim = np.array([[-0.97, 0.01], [0.97, 0.01], [0.96, 0.99], [-0.96, 0.99], [-0.97, 0.01]])
    canvas.line(pose.world(on_glass(end, rim)), (14, 14, 15), 0.018)
    if end.rear:
        canvas.line(pose.world(on_glass(end, np.array([[0.0, 0.03], [0.42, 0.2]]))), (14, 14, 15), 0.016)
        canvas.shape(pose.world(on_glass(end, rounded(-0.2, 0.94, 0.2, 0.985, 0.01))), (30, 24, 120))
        return
    for start, stop in ((-0.75, -0.02), (-0.05, 0.75)):
        canvas.line(pose.world(on_glass(end, np.array([[start, 0.10], [stop, 0.02]]))), (12, 12, 13), 0.018)


def paint_mirrors(canvas: Canvas, car: Car) -> None:
    """Paints the outside mirrors. To be done before the skin, which hides part of them from behind."""
    pose, end, paint = car.pose, car.end, car.paint
    half = max(station.half for station in end.stations)
    back = next(s.back for s in end.stations if s.material == "glass") + (2.0 if end.rear else 0.35)
    for side in (-1, 1):
        outline = rounded(half - 0.02, end.belt_m + 0.04, half + 0.15, end.belt_m + 0.155, 0.05) * (side, 1)
        ring = np.stack([outline[:, 0], outline[:, 1], np.full(len(outline), back)], axis=1)
        canvas.shape(pose.world(ring), (paint[0] * 0.72, paint[1] * 0.72, paint[2] * 0.72))
        low = ring[ring[:, 1] < end.belt_m + 0.09]
        canvas.shape(pose.world(low), DARK)


def lamp_places(end: End) -> Points:
    """Body points (2, 3) of the middles of the lamps."""
    across = end.stations[3].half * (0.82 if end.rear else 0.74)
    up = sum(end.lamps_m) / 2
    return on_skin(end, np.array([[-across, up], [across, up]]))


def _ring(centre: Points, radius_m: float) -> Points:
    angles = np.linspace(0, 2 * np.pi, 20)
    return np.stack([centre[0] + radius_m * np.cos(angles), centre[1] + radius_m * np.sin(angles)], axis=1)


def _shrunk(outline: Points, share: float) -> Points:
    centre = outline.mean(axis=0)
    return np.asarray(centre + (outline - centre) * share, np.float64)
