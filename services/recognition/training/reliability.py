"""The reliability diagram: what was claimed across, what was right upwards. SVG, which needs no plotting library."""

from collections.abc import Sequence

from services.recognition.calibration import Bin

SIZE_PX, MARGIN_PX, TICKS = 320, 44, 5
MOST_RADIUS_PX, LEAST_RADIUS_PX = 9.0, 2.0


def svg(table: Sequence[Bin], *, low: float = 0.0) -> str:
    """The diagram as SVG text. A point lies on the diagonal when its answers are right as often as they claim.

    low: where both axes begin; most answers are sure, so that a part of the diagram may say more.
    """
    shown = [row for row in table if min(row.claimed, row.right) >= low]
    most = max((row.count for row in shown), default=1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE_PX} {SIZE_PX}" font-family="sans-serif" font-size="10">',
        f'<rect width="{SIZE_PX}" height="{SIZE_PX}" fill="white"/>',
        _line((0, 0), (1, 1), "#999"),
        _line((0, 0), (1, 0), "black"),
        _line((0, 0), (0, 1), "black"),
    ]
    for tick in range(TICKS + 1):
        value = low + (1 - low) * tick / TICKS
        lines.append(_words(_across(value, low), SIZE_PX - MARGIN_PX + 16, f"{value:.3g}"))
        lines.append(_words(MARGIN_PX - 18, _up(value, low) + 3, f"{value:.3g}"))
    for row in shown:
        radius = LEAST_RADIUS_PX + (MOST_RADIUS_PX - LEAST_RADIUS_PX) * (row.count / most) ** 0.5
        place = f'cx="{_across(row.claimed, low):.1f}" cy="{_up(row.right, low):.1f}" r="{radius:.1f}"'
        lines.append(f'<circle {place} fill="#b00020" fill-opacity="0.6"/>')
    lines.append(_words(SIZE_PX / 2, SIZE_PX - 8, "claimed"))
    lines.append(_words(MARGIN_PX - 8, 16, "right"))
    return "\n".join([*lines, "</svg>", ""])


def _line(start: tuple[float, float], end: tuple[float, float], colour: str) -> str:
    (x, y), (to_x, to_y) = ((_across(across, 0), _up(up, 0)) for across, up in (start, end))
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}"/>'


def _words(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{words}</text>'


def _across(value: float, low: float) -> float:
    return MARGIN_PX + (SIZE_PX - 2 * MARGIN_PX) * (value - low) / (1 - low)


def _up(value: float, low: float) -> float:
    return SIZE_PX - MARGIN_PX - (SIZE_PX - 2 * MARGIN_PX) * (value - low) / (1 - low)
