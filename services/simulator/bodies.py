"""Shapes of vehicles as seen from one end, in metres. Invented; no maker's car is meant."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kind of vehicle that the simulator draws."""

    HATCHBACK = "hatchback"
    SALOON = "saloon"
    SUV = "suv"
    VAN = "van"
    MOTORCYCLE = "motorcycle"


@dataclass(frozen=True, slots=True)
class Station:
    """A point of the centre line of the body. back: metres behind the nearest end; half: half the width there.

    material: of the strip that begins here, one of paint, plastic, glass, roof.
    """

    back: float
    up: float
    half: float
    material: str


@dataclass(frozen=True, slots=True)
class End:
    """One end of a body, from the lower lip to the far edge of the roof.

    lamps_m, recess_m, plate_up_m: heights of the lamps, of the air intake or tailgate line, and of the plate's middle.
    """

    stations: tuple[Station, ...]
    lamps_m: tuple[float, float]
    grille_m: tuple[float, float]
    plate_up_m: float
    length_m: float
    belt_m: float
    rear: bool


def _stations(*rows: tuple[float, float, float, str]) -> tuple[Station, ...]:
    return tuple(Station(*row) for row in rows)


_CAR_FRONT = End(
    _stations(
        (0.10, 0.19, 0.76, "plastic"),
        (0.02, 0.30, 0.84, "paint"),
        (0.00, 0.44, 0.87, "paint"),
        (0.01, 0.60, 0.885, "paint"),
        (0.06, 0.72, 0.885, "paint"),
        (0.18, 0.80, 0.88, "paint"),
        (0.50, 0.90, 0.87, "paint"),
        (1.02, 0.98, 0.85, "plastic"),
        (1.10, 1.00, 0.83, "glass"),
        (1.92, 1.40, 0.62, "roof"),
        (2.50, 1.46, 0.60, "roof"),
        (3.60, 1.41, 0.57, "roof"),
    ),
    (0.60, 0.75),
    (0.30, 0.64),
    0.46,
    4.2,
    0.93,
    rear=False,
)
_HATCH_REAR = End(
    _stations(
        (0.10, 0.22, 0.74, "plastic"),
        (0.02, 0.34, 0.83, "paint"),
        (0.00, 0.52, 0.86, "paint"),
        (0.03, 0.62, 0.86, "paint"),
        (0.05, 0.66, 0.86, "paint"),
        (0.08, 0.96, 0.83, "paint"),
        (0.13, 1.01, 0.81, "glass"),
        (0.46, 1.38, 0.62, "paint"),
        (0.40, 1.42, 0.61, "paint"),
        (0.58, 1.45, 0.60, "roof"),
        (2.20, 1.47, 0.60, "roof"),
    ),
    (0.72, 0.98),
    (0.66, 0.96),
    0.80,
    4.0,
    0.95,
    rear=True,
)
_SALOON_REAR = End(
    _stations(
        (0.10, 0.22, 0.74, "plastic"),
        (0.02, 0.34, 0.84, "paint"),
        (0.00, 0.52, 0.87, "paint"),
        (0.04, 0.64, 0.87, "paint"),
        (0.05, 0.90, 0.85, "paint"),
        (0.02, 0.97, 0.82, "paint"),
        (0.10, 1.00, 0.81, "paint"),
        (0.50, 1.03, 0.79, "glass"),
        (1.15, 1.37, 0.60, "roof"),
        (1.70, 1.43, 0.59, "roof"),
        (2.80, 1.42, 0.58, "roof"),
    ),
    (0.70, 0.90),
    (0.62, 0.92),
    0.79,
    4.5,
    0.93,
    rear=True,
)
_VAN_FRONT = End(
    _stations(
        (0.08, 0.24, 0.84, "plastic"),
        (0.00, 0.36, 0.94, "plastic"),
        (0.00, 0.62, 0.97, "paint"),
        (0.06, 0.86, 0.97, "paint"),
        (0.16, 1.00, 0.96, "paint"),
        (0.55, 1.17, 0.94, "paint"),
        (0.82, 1.24, 0.92, "glass"),
        (1.36, 1.86, 0.80, "roof"),
        (1.70, 1.98, 0.78, "roof"),
        (4.80, 2.00, 0.77, "roof"),
    ),
    (0.74, 1.00),
    (0.40, 0.86),
    0.53,
    5.0,
    1.10,
    rear=False,
)
_VAN_REAR = End(
    _stations(
        (0.08, 0.30, 0.84, "plastic"),
        (0.00, 0.40, 0.94, "plastic"),
        (0.02, 0.58, 0.95, "paint"),
        (0.04, 1.16, 0.94, "paint"),
        (0.06, 1.22, 0.94, "glass"),
        (0.16, 1.72, 0.88, "paint"),
        (0.22, 1.90, 0.84, "paint"),
        (0.36, 1.97, 0.82, "roof"),
        (3.50, 2.00, 0.80, "roof"),
    ),
    (0.62, 1.14),
    (0.60, 1.18),
    0.86,
    5.0,
    1.15,
    rear=True,
)


def _raised(end: End, up: float, wide: float) -> End:
    """The same shape, taller and wider: a sports utility vehicle."""
    stations = tuple(
        Station(s.back, s.up * up + (0.05 if s.up < 0.5 else 0.03), s.half * wide, s.material) for s in end.stations
    )
    return End(
        stations,
        (end.lamps_m[0] * up + 0.03, end.lamps_m[1] * up + 0.03),
        (end.grille_m[0] * up + 0.04, end.grille_m[1] * up + 0.04),
        end.plate_up_m * up + 0.04,
        end.length_m + 0.2,
        end.belt_m * up + 0.03,
        end.rear,
    )


FRONTS = {
    Kind.HATCHBACK: _CAR_FRONT,
    Kind.SALOON: _CAR_FRONT,
    Kind.SUV: _raised(_CAR_FRONT, 1.13, 1.04),
    Kind.VAN: _VAN_FRONT,
}
REARS = {
    Kind.HATCHBACK: _HATCH_REAR,
    Kind.SALOON: _SALOON_REAR,
    Kind.SUV: _raised(_HATCH_REAR, 1.12, 1.05),
    Kind.VAN: _VAN_REAR,
}
