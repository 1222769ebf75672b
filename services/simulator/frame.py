"""A finished frame and the truth about it."""

from dataclasses import dataclass, field
from datetime import datetime

from services.simulator.plates import Plate

Pixel = tuple[float, float]
Corners = tuple[Pixel, Pixel, Pixel, Pixel]


@dataclass(frozen=True, slots=True)
class TruePlate:
    """A plate that can be seen whole. Corners in pixels, clockwise from the plate's upper left."""

    plate: Plate
    corners: Corners

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Enclosing rectangle: x, y, width, height in pixels."""
        across, down = [x for x, _ in self.corners], [y for _, y in self.corners]
        x, y = int(min(across)), int(min(down))
        return x, y, int(max(across)) + 1 - x, int(max(down)) + 1 - y


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of one camera. `plates` is empty when none can be seen whole; approaching is the main traffic's way."""

    camera_id: str
    sequence: int
    captured_at: datetime
    jpeg: bytes = field(repr=False)
    plates: tuple[TruePlate, ...]
    approaching: bool
