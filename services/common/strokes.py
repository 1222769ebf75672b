"""Letters and digits as centre lines, drawn with a pen; and the Belgian plate's face, of our own drawing.

A glyph is a short path in a box of 100 x 100, y downwards: `M` begins a line, `L` goes straight, `h` and `v` turn a
quarter of an ellipse that leaves horizontally or vertically. The pen's width is added when it is drawn, so strokes stay
even whatever the size of the box.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

# A tall narrow rounded grotesque: 0 and O are alike, Q is an O with a short tail, I is a bare stroke, 1 has a flag and
# no foot.
_ROUND = "M50,0 h0,26 L0,74 v50,100 h100,74 L100,26 v50,0"
_BOWL = "M0,100 L0,0 L56,0 h100,20 L100,36 v56,56 L0,56"
BELGIAN_PATHS = {
    "A": "M0,100 L44,0 L56,0 L100,100 M24,68 L76,68",
    "B": "M54,47 L0,47 L0,0 L54,0 h93,18 L93,29 v54,47 h100,66 L100,81 v54,100 L0,100 L0,47",
    "C": "M100,28 L100,26 v50,0 h0,26 L0,74 v50,100 h100,74 L100,72",
    "D": "M0,0 L0,100 L48,100 h100,72 L100,28 v48,0 L0,0",
    "E": "M100,0 L0,0 L0,100 L100,100 M0,48 L84,48",
    "F": "M100,0 L0,0 L0,100 M0,50 L82,50",
    "G": "M100,30 L100,26 v50,0 h0,26 L0,74 v50,100 h100,74 L100,54 L56,54",
    "H": "M0,0 L0,100 M100,0 L100,100 M0,49 L100,49",
    "I": "M50,0 L50,100",
    "J": "M100,0 L100,74 v50,100 h0,74 L0,70",
    "K": "M0,0 L0,100 M98,0 L2,60 M32,42 L100,100",
    "L": "M0,0 L0,100 L100,100",
    "M": "M0,100 L0,0 L50,66 L100,0 L100,100",
    "N": "M0,100 L0,0 L100,100 L100,0",
    "O": _ROUND,
    "P": _BOWL,
    "Q": _ROUND + " M60,76 L94,100",
    "R": _BOWL + " M58,62 L100,100",
    "S": "M97,22 v50,0 h2,22 L2,26 v50,48 h98,70 L98,77 v50,100 h3,78",
    "T": "M0,0 L100,0 M50,0 L50,100",
    "U": "M0,0 L0,74 v50,100 h100,74 L100,0",
    "V": "M0,0 L47,100 L53,100 L100,0",
    "W": "M0,0 L23,100 L27,100 L50,22 L73,100 L77,100 L100,0",
    "X": "M2,0 L98,100 M98,0 L2,100",
    "Y": "M0,0 L50,54 L100,0 M50,54 L50,100",
    "Z": "M2,0 L100,0 L0,100 L100,100",
    "0": _ROUND,
    "1": "M10,24 L78,0 L78,100",
    "2": "M2,30 L2,24 v50,0 h98,24 L98,30 v88,46 L0,100 L100,100",
    "3": "M3,24 v50,0 h96,20 L96,29 v50,47 L36,47 M50,47 h100,66 L100,81 v50,100 h0,77",
    "4": "M74,100 L74,0 L0,70 L100,70",
    "5": "M92,0 L8,0 L4,45 v48,38 h100,60 L100,77 v50,100 h1,79",
    "6": "M95,18 v52,0 h0,28 L0,75 v50,100 h100,75 L100,68 v50,44 h0,67",
    "7": "M0,0 L100,0 L38,100",
    "8": "M50,47 h6,30 L6,18 v50,0 h94,18 L94,30 v50,47 h0,66 L0,80 v50,100 h100,80 L100,66 v50,47",
    "9": "M5,82 v48,100 h100,72 L100,25 v50,0 h0,25 L0,32 v50,56 h100,33",
}
# Width of a glyph's box as a share of the ordinary one.
BELGIAN_WIDTHS = {
    "I": 0.24,
    "1": 0.62,
    "M": 1.2,
    "W": 1.34,
    "J": 0.92,
    "L": 0.92,
    "E": 0.94,
    "F": 0.94,
    "A": 1.08,
    "V": 1.06,
}

Line = tuple[tuple[float, float], ...]
Mask = NDArray[np.uint8]
Points = NDArray[np.float64]
_SHIFT = 4
CURVE_STEPS = 8
# Exponent of a superellipse: 2 is the ellipse, more comes nearer to the corner.
ELLIPSE = 2.0


@lru_cache(maxsize=1024)
def centre_lines(path: str, roundness: float = ELLIPSE, steps: int = CURVE_STEPS) -> tuple[Line, ...]:
    """The lines of a path in the box of 100 x 100.

    `roundness` is the exponent of its curves (see ELLIPSE), `steps` the number of straight pieces in each of them.
    """
    lines: list[list[tuple[float, float]]] = []
    for step in path.split():
        x, y = (float(number) for number in step[1:].split(","))
        if step[0] == "M":
            lines.append([(x, y)])
        elif step[0] == "L":
            lines[-1].append((x, y))
        else:
            turn = _turn(roundness, steps)
            lines[-1].extend(_quarter(lines[-1][-1], (x, y), turn, leaves_horizontally=step[0] == "h"))
    return tuple(tuple(line) for line in lines)


def draw_lines(lines: Sequence[Line], width_px: int, height_px: int, stroke_px: float, *, sharp: bool = False) -> Mask:
    """Lines drawn to fill a box (height, width; 255 is ink). Strokes end flat, cut by the box.

    `sharp` makes joints corners and lets a stroke that leaves the box at top or bottom run on to the edge; otherwise
    joints are round.
    """
    mask: Mask = np.zeros((height_px, width_px), np.uint8)
    scale = np.array([max(width_px - stroke_px, 0.0), height_px - stroke_px]) / 100
    for line in lines:
        points = np.array(line) * scale + stroke_px / 2
        _draw_line(mask, points, stroke_px / 2, sharp=sharp)
        if sharp:
            _sharpen(mask, points, stroke_px / 2)
    return mask


def _draw_line(mask: Mask, points: Points, radius_px: float, *, sharp: bool) -> None:
    is_closed = sharp and np.allclose(points[0], points[-1])
    for index, (start, end) in enumerate(pairwise(points)):
        unit = _unit(end - start)
        along, across = unit * radius_px, _turned(unit) * radius_px
        begins, ends = (index == 0 and not is_closed, index == len(points) - 2 and not is_closed)
        first = start - along * begins * _overrun(mask, start, -unit, radius_px, sharp=sharp)
        last = end + along * ends * _overrun(mask, end, unit, radius_px, sharp=sharp)
        _fill(mask, first + across, last + across, last - across, first - across)
    for joint in points[1:] if is_closed else points[1:-1]:
        cv2.circle(mask, _fixed(joint).tolist(), round(radius_px * (1 << _SHIFT)), 255, -1, cv2.LINE_AA, _SHIFT)


def _overrun(mask: Mask, end: Points, way: Points, radius_px: float, *, sharp: bool) -> float:
    """How many radii a stroke runs on beyond its end."""
    is_slanted = abs(way[0]) > 0.05 and abs(way[1]) > 0.4
    return 3.0 if sharp and is_slanted and _is_at_edge(mask, end, radius_px) else 1.0


def _sharpen(mask: Mask, points: Points, radius_px: float) -> None:
    """Fills the outer corner of every joint; of a very acute one only where the box cuts it."""
    is_closed = np.allclose(points[0], points[-1])
    nodes = [*points, points[1]] if is_closed else [*points]
    for before, joint, after in zip(nodes, nodes[1:], nodes[2:], strict=False):
        one, other = (_turned(_unit(joint - before)), _turned(_unit(after - joint)))
        likeness = float(one @ other)
        if abs(likeness) > 0.97 or (likeness < -0.5 and not _is_at_edge(mask, joint, radius_px)):
            continue
        outer = -radius_px if float(np.cross([*one, 0], [*other, 0])[2]) > 0 else radius_px
        tip = joint + (one + other) * outer / (1 + likeness)
        _fill(mask, joint, joint + one * outer, tip, joint + other * outer)


def _is_at_edge(mask: Mask, point: Points, radius_px: float) -> bool:
    """Whether a stroke through the point touches the top or the bottom of the box."""
    return bool(min(point[1], mask.shape[0] - point[1]) < radius_px + 0.5)


def _unit(step: Points) -> Points:
    return step / max(float(np.hypot(*step)), 1e-6)


def _turned(unit: Points) -> Points:
    return np.array([-unit[1], unit[0]])


def _fill(mask: Mask, *corners: Points) -> None:
    cv2.fillConvexPoly(mask, _fixed(np.array(corners)), 255, cv2.LINE_AA, _SHIFT)


def _fixed(points: Points) -> NDArray[np.int32]:
    """Pixels as cv2 wants them with a fraction; its pixel centres are whole numbers."""
    return np.round((points - 0.5) * (1 << _SHIFT)).astype(np.int32)


def _turn(roundness: float, steps: int) -> Line:
    """A quarter of the curve from (0, 0), which it leaves along the first axis, to (1, 1)."""
    angles = [pi / 2 * step / steps for step in range(1, steps + 1)]
    power = 2 / roundness
    return tuple((sin(angle) ** power, 1 - max(cos(angle), 0.0) ** power) for angle in angles)


def _quarter(start: tuple[float, float], end: tuple[float, float], turn: Line, *, leaves_horizontally: bool) -> Line:
    across, down = end[0] - start[0], end[1] - start[1]
    if leaves_horizontally:
        return tuple((start[0] + across * far, start[1] + down * near) for far, near in turn)
    return tuple((start[0] + across * near, start[1] + down * far) for far, near in turn)
