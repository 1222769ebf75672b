"""Letters and digits as centre lines: a tall narrow rounded grotesque of our own drawing.

A glyph is a short path in a box of 100 x 100, y downwards: `M` begins a line, `L` goes straight, `h` and `v` turn a
quarter of an ellipse that leaves horizontally or vertically. The pen's width is added when it is drawn, so strokes stay
even whatever the size of the box. 0 and O are alike, Q is an O with a short tail, I is a bare stroke, 1 has a flag and
no foot, as on Belgian plates.
"""

from functools import lru_cache
from itertools import pairwise
from math import cos, pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

ROUND = "M50,0 h0,26 L0,74 v50,100 h100,74 L100,26 v50,0"
BOWL = "M0,100 L0,0 L56,0 h100,20 L100,36 v56,56 L0,56"
PATHS = {
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
    "O": ROUND,
    "P": BOWL,
    "Q": ROUND + " M60,76 L94,100",
    "R": BOWL + " M58,62 L100,100",
    "S": "M97,22 v50,0 h2,22 L2,26 v50,48 h98,70 L98,77 v50,100 h3,78",
    "T": "M0,0 L100,0 M50,0 L50,100",
    "U": "M0,0 L0,74 v50,100 h100,74 L100,0",
    "V": "M0,0 L47,100 L53,100 L100,0",
    "W": "M0,0 L23,100 L27,100 L50,22 L73,100 L77,100 L100,0",
    "X": "M2,0 L98,100 M98,0 L2,100",
    "Y": "M0,0 L50,54 L100,0 M50,54 L50,100",
    "Z": "M2,0 L100,0 L0,100 L100,100",
    "0": ROUND,
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
WIDTHS = {"I": 0.24, "1": 0.62, "M": 1.2, "W": 1.34, "J": 0.92, "L": 0.92, "E": 0.94, "F": 0.94, "A": 1.08, "V": 1.06}

Line = tuple[tuple[float, float], ...]
Mask = NDArray[np.uint8]
_SHIFT = 4
_CURVE_STEPS = 8


@lru_cache(maxsize=64)
def centre_lines(character: str) -> tuple[Line, ...]:
    """The lines of a character in the box of 100 x 100. KeyError for one that is not drawn."""
    lines: list[list[tuple[float, float]]] = []
    for step in PATHS[character].split():
        x, y = (float(number) for number in step[1:].split(","))
        if step[0] == "M":
            lines.append([(x, y)])
        elif step[0] == "L":
            lines[-1].append((x, y))
        else:
            lines[-1].extend(_quarter(lines[-1][-1], (x, y), leaves_horizontally=step[0] == "h"))
    return tuple(tuple(line) for line in lines)


def glyph_width(character: str) -> float:
    """Width of the box of a character as a share of the ordinary one."""
    return WIDTHS.get(character, 1.0)


@lru_cache(maxsize=512)
def glyph(character: str, width_px: int, height_px: int, stroke_px: float) -> Mask:
    """A character that fills its box (height, width; 255 is ink). Strokes end flat, cut by the box. Do not write to it."""
    mask: Mask = np.zeros((height_px, width_px), np.uint8)
    scale = np.array([max(width_px - stroke_px, 0.0), height_px - stroke_px]) / 100
    for line in centre_lines(character):
        _draw_line(mask, np.array(line) * scale + stroke_px / 2, stroke_px / 2)
    return mask


def _draw_line(mask: Mask, points: NDArray[np.float64], radius_px: float) -> None:
    for index, (start, end) in enumerate(pairwise(points)):
        along = (end - start) / max(float(np.hypot(*(end - start))), 1e-6) * radius_px
        across = np.array([-along[1], along[0]])
        first = start - along * (index == 0)
        last = end + along * (index == len(points) - 2)
        corners = np.array([first + across, last + across, last - across, first - across])
        cv2.fillConvexPoly(mask, _fixed(corners), 255, cv2.LINE_AA, _SHIFT)
    for joint in points[1:-1]:
        cv2.circle(mask, _fixed(joint).tolist(), round(radius_px * (1 << _SHIFT)), 255, -1, cv2.LINE_AA, _SHIFT)


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Pixels as cv2 wants them with a fraction; its pixel centres are whole numbers."""
    return np.round((points - 0.5) * (1 << _SHIFT)).astype(np.int32)


def _quarter(start: tuple[float, float], end: tuple[float, float], *, leaves_horizontally: bool) -> Line:
    across, down = end[0] - start[0], end[1] - start[1]
    angles = [pi / 2 * step / _CURVE_STEPS for step in range(1, _CURVE_STEPS + 1)]
    if leaves_horizontally:
        return tuple((start[0] + across * sin(a), start[1] + down * (1 - cos(a))) for a in angles)
    return tuple((start[0] + across * (1 - cos(a)), start[1] + down * sin(a)) for a in angles)
