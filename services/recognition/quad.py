"""Quadrilaterals in a picture: corners clockwise from the top left, in pixels."""

import math
from collections.abc import Iterable

from services.recognition.reading import Box, Corner, Corners


def of(points: Iterable[Iterable[float]]) -> Corners:
    """Four points, which may be rows of an array, as corners. Raises ValueError for more or fewer."""
    first, second, third, fourth = ((float(x), float(y)) for x, y in points)
    return first, second, third, fourth


def width(corners: Corners) -> float:
    """Mean length of the upper and the lower edge."""
    return (math.dist(corners[0], corners[1]) + math.dist(corners[3], corners[2])) / 2


def height(corners: Corners) -> float:
    """Mean length of the left and the right edge."""
    return (math.dist(corners[0], corners[3]) + math.dist(corners[1], corners[2])) / 2


def tilt_degrees(corners: Corners) -> float:
    """Angle of the upper edge to the horizontal, 0 to 180."""
    return abs(math.degrees(math.atan2(corners[1][1] - corners[0][1], corners[1][0] - corners[0][0])))


def centre(corners: Corners) -> Corner:
    """Mean of the corners."""
    return sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4


def beside(left: Corners, right: Corners) -> Corners:
    """From the left edge of one to the right edge of the other."""
    return left[0], right[1], right[2], left[3]


def above(upper: Corners, lower: Corners) -> Corners:
    """From the upper edge of one to the lower edge of the other, as wide as the wider."""
    left, right = min(upper[0][0], lower[3][0]), max(upper[1][0], lower[2][0])
    return (left, upper[0][1]), (right, upper[1][1]), (right, lower[2][1]), (left, lower[3][1])


def grown(corners: Corners, *, across: float, down: float) -> Corners:
    """Scaled about its centre along its own edges: by `across` in width and by `down` in height."""
    right = _mean(_minus(corners[1], corners[0]), _minus(corners[2], corners[3]))
    below = _mean(_minus(corners[3], corners[0]), _minus(corners[2], corners[1]))

    def moved(corner: Corner, x: float, y: float) -> Corner:
        shift = (x * (across - 1) / 2, y * (down - 1) / 2)
        return (
            corner[0] + right[0] * shift[0] + below[0] * shift[1],
            corner[1] + right[1] * shift[0] + below[1] * shift[1],
        )

    return moved(corners[0], -1, -1), moved(corners[1], 1, -1), moved(corners[2], 1, 1), moved(corners[3], -1, 1)


def within(corners: Corners, width_px: int, height_px: int) -> Corners:
    """With every corner moved into the picture."""

    def inside(corner: Corner) -> Corner:
        return min(max(corner[0], 0.0), float(width_px)), min(max(corner[1], 0.0), float(height_px))

    return inside(corners[0]), inside(corners[1]), inside(corners[2]), inside(corners[3])


def enclosing(corners: Iterable[Corner]) -> Box:
    """The smallest upright rectangle of whole pixels around the corners, at least one pixel wide and high."""
    across, down = zip(*corners, strict=True)
    x, y = math.floor(min(across)), math.floor(min(down))
    return Box(x, y, max(1, math.ceil(max(across)) - x), max(1, math.ceil(max(down)) - y))


def _minus(one: Corner, other: Corner) -> Corner:
    return one[0] - other[0], one[1] - other[1]


def _mean(one: Corner, other: Corner) -> Corner:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
