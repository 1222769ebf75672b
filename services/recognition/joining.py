"""Plates that an engine saw in two pieces: two lines, or two groups on one line."""

from collections.abc import Iterable, Iterator

from services.common.plate import PlateInvalid
from services.recognition import correction, formats, quad
from services.recognition.formats import Evidence
from services.recognition.reading import Colour, Layout, TextBox

LEAST_CHARACTERS = 5
SIMILAR_HEIGHT = (0.55, 1.8)
TWO_LINE_ASPECT = (0.8, 3.2)
# In line heights.
LINE_GAP = (-0.35, 0.9)
GROUP_GAP = (-0.3, 2.0)


def joined(boxes: Iterable[TextBox], country: str) -> tuple[TextBox, ...]:
    """The boxes, with two that only together make a plate of a common format replaced by one."""
    left = list(boxes)
    for whole, parts in _wholes(tuple(left), country):
        if all(any(part is box for box in left) for part in parts):
            left = [box for box in left if not any(part is box for part in parts)]
            left.append(whole)
    return tuple(left)


def _wholes(boxes: tuple[TextBox, ...], country: str) -> Iterator[tuple[TextBox, tuple[TextBox, TextBox]]]:
    halves = [box for box in boxes if not box.is_plate and 0 < len(box.positions) <= 6 and not _is_whole(box)]
    for first in halves:
        for second in halves:
            if first is second:
                continue
            for whole in _together(first, second):
                if _is_common(whole, country):
                    yield whole, (first, second)


def _is_whole(box: TextBox) -> bool:
    return len(box.positions) >= 6 and formats.fits_strongly("".join(place[0].character for place in box.positions))


def _together(first: TextBox, second: TextBox) -> Iterator[TextBox]:
    one, other = first.corners, second.corners
    line = (quad.height(one) + quad.height(other)) / 2
    if line <= 0 or not SIMILAR_HEIGHT[0] <= quad.height(one) / max(quad.height(other), 1e-6) <= SIMILAR_HEIGHT[1]:
        return
    if _is_beside(first, second, line):
        yield _whole(first, second, quad.beside(one, other), Layout.ONE_LINE)
    if _is_above(first, second, line):
        corners = quad.above(one, other)
        if TWO_LINE_ASPECT[0] <= quad.width(corners) / max(quad.height(corners), 1e-6) <= TWO_LINE_ASPECT[1]:
            yield _whole(first, second, corners, Layout.TWO_LINES)


def _is_beside(left: TextBox, right: TextBox, line: float) -> bool:
    gap = (right.corners[0][0] - left.corners[1][0]) / line
    # Along the line of the left one, so that a tilted plate is one line too.
    slope = (left.corners[1][1] - left.corners[0][1]) / max(left.corners[1][0] - left.corners[0][0], 1e-6)
    (x, y), (other_x, other_y) = quad.centre(left.corners), quad.centre(right.corners)
    drop = abs(other_y - y - slope * (other_x - x)) / line
    return GROUP_GAP[0] <= gap <= GROUP_GAP[1] and drop <= 0.4


def _is_above(upper: TextBox, lower: TextBox, line: float) -> bool:
    gap = (lower.corners[0][1] + lower.corners[1][1] - upper.corners[2][1] - upper.corners[3][1]) / 2 / line
    left = max(upper.corners[0][0], lower.corners[0][0])
    right = min(upper.corners[1][0], lower.corners[1][0])
    narrower = min(quad.width(upper.corners), quad.width(lower.corners))
    return LINE_GAP[0] <= gap <= LINE_GAP[1] and right - left >= 0.6 * narrower


def _whole(first: TextBox, second: TextBox, corners: tuple[tuple[float, float], ...], layout: Layout) -> TextBox:
    colour = first.colour if first.colour is not Colour.UNKNOWN else second.colour
    one, two, three, four = corners
    positions = first.positions + second.positions
    return TextBox(f"{first.raw} {second.raw}", positions, (one, two, three, four), colour, layout)


def _is_common(whole: TextBox, country: str) -> bool:
    try:
        read = correction.as_read(whole.raw, whole.positions)
    except PlateInvalid:
        return False
    text = correction.likeliest(read, Evidence(whole.colour, country)).text
    return len(text) >= LEAST_CHARACTERS and formats.fits_strongly(text)
