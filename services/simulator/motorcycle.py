"""A motorcycle and its rider from behind, which is where it carries its plate."""

from random import Random

import numpy as np

from services.simulator.bodywork import Pose
from services.simulator.canvas import Canvas
from services.simulator.optics import Points
from services.simulator.trim import rounded

Colour = tuple[float, float, float]
PLATE_UP_M = 0.62
LEATHERS: tuple[Colour, ...] = ((30, 30, 32), (38, 36, 40), (70, 62, 48), (44, 40, 92))


def outline_motorcycle() -> Points:
    """Body points (n, 3) that enclose machine and rider."""
    return np.array([(x, y, z) for x in (-0.55, 0.55) for y in (0.0, 1.75) for z in (-0.05, 2.0)], np.float64)


def paint_motorcycle(canvas: Canvas, pose: Pose, paint: Colour, style: Random) -> None:
    """Paints front parts first, the rear lamp last; the plate comes on top of it."""
    leather = style.choice(LEATHERS)
    helmet = style.choice(((40, 40, 42), (210, 212, 212), (36, 30, 150), (150, 90, 40)))
    leg = np.array([[0.12, 0.8], [0.27, 0.84], [0.3, 0.5], [0.24, 0.3], [0.14, 0.3], [0.15, 0.55]])
    _paint_bars(canvas, pose)
    for side in (-1, 1):
        _flat(canvas, pose, leg * (side, 1), 0.75, leather, tone=0.8)
        _flat(canvas, pose, rounded(0.13, 0.22, 0.28, 0.32, 0.04) * (side, 1), 0.7, (24, 24, 26))
    _flat(canvas, pose, rounded(-0.075, 0.0, 0.075, 0.62, 0.07), 0.1, (20, 20, 22))
    _flat(canvas, pose, rounded(-0.03, 0.02, 0.03, 0.6, 0.03), 0.09, (34, 34, 36))
    _flat(canvas, pose, rounded(0.11, 0.34, 0.2, 0.46, 0.04), 0.25, (120, 122, 124))
    _flat(canvas, pose, rounded(0.125, 0.36, 0.185, 0.44, 0.03), 0.24, (20, 20, 20))
    _paint_rider(canvas, pose, leather, helmet)
    tail = np.array([[-0.17, 0.94], [-0.12, 0.78], [0.12, 0.78], [0.17, 0.94], [0.1, 1.0], [-0.1, 1.0]])
    _flat(canvas, pose, tail, 0.12, paint)
    _flat(canvas, pose, rounded(-0.09, 0.8, 0.09, 0.86, 0.02), 0.08, (40, 30, 190))
    _flat(canvas, pose, rounded(-0.06, 0.815, 0.06, 0.845, 0.01), 0.07, (90, 80, 240))
    for side in (-1, 1):
        _flat(canvas, pose, rounded(0.15, 0.74, 0.2, 0.79, 0.02) * (side, 1), 0.1, (30, 110, 220))
    _flat(canvas, pose, np.array([[-0.09, 0.78], [0.09, 0.78], [0.11, 0.52], [-0.11, 0.52]]), 0.02, (24, 24, 26))


def _paint_bars(canvas: Canvas, pose: Pose) -> None:
    bar, thick = np.array([[-0.4, 1.02, 1.25], [0.0, 0.98, 1.2], [0.4, 1.02, 1.25]]), np.array([0.0, 0.025, 0.0])
    canvas.shape(pose.world(np.concatenate([bar + thick, bar[::-1] - thick])), (30, 30, 32))
    for side in (-1, 1):
        _flat(canvas, pose, rounded(0.33, 1.1, 0.5, 1.22, 0.05) * (side, 1), 1.3, (36, 36, 38))


def _paint_rider(canvas: Canvas, pose: Pose, leather: Colour, helmet: Colour) -> None:
    for side in (-1, 1):
        arm = np.array([[0.17, 1.36], [0.25, 1.33], [0.4, 1.1], [0.42, 1.0], [0.35, 0.99], [0.22, 1.16]])
        _flat(canvas, pose, arm * (side, 1), 0.85, leather, tone=0.75)
    back = np.array(
        [[-0.2, 0.92], [-0.25, 1.25], [-0.2, 1.39], [-0.08, 1.43], [0.08, 1.43], [0.2, 1.39], [0.25, 1.25], [0.2, 0.92]]
    )
    _flat(canvas, pose, back, 0.62, leather)
    _flat(canvas, pose, back * (0.55, 1), 0.61, leather, tone=1.25)
    _flat(canvas, pose, np.array([[-0.21, 0.98], [-0.2, 0.86], [0.2, 0.86], [0.21, 0.98]]), 0.5, leather, tone=0.8)
    angles = np.linspace(0, 2 * np.pi, 26)
    for share, tone in ((1.0, 0.72), (0.8, 0.9), (0.5, 1.05)):
        head = np.stack(
            [0.135 * share * np.cos(angles), 1.55 + 0.15 * share * np.sin(angles) + (1 - share) * 0.03], axis=1
        )
        _flat(canvas, pose, head, 0.66, helmet, tone=tone)


def _flat(canvas: Canvas, pose: Pose, outline: Points, back_m: float, colour: Colour, *, tone: float = 1.0) -> None:
    """One flat shape (n, 2) across the machine, `back_m` ahead of its tail."""
    ring = np.stack([outline[:, 0], outline[:, 1], np.full(len(outline), back_m)], axis=1)
    canvas.shape(pose.world(ring), tuple(min(255.0, channel * tone) for channel in colour))
