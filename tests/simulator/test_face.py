"""A plate's face has the size and the colours of its series, and ink where its characters are."""

from random import Random

import numpy as np
import pytest

from services.simulator.face import PX_PER_MM, draw_face
from services.simulator.plates import SIZES_MM, given_plate, invent_plate


@pytest.mark.parametrize("seed", range(40))
def test_every_plate_can_be_drawn_at_the_size_of_its_sheet(seed: int) -> None:
    plate = invent_plate(Random(seed))
    face = draw_face(plate, rear=bool(seed % 2))
    width_mm, height_mm = SIZES_MM[plate.sheet]
    assert face.shape == (round(height_mm * PX_PER_MM), round(width_mm * PX_PER_MM), 3)
    ground = np.abs(face.astype(int) - _ground(face)).sum(axis=2) < 12
    assert 0.35 < ground.mean() < 0.9


@pytest.mark.parametrize(
    ("text", "country", "rear", "expected"),
    [
        ("1ABC234", "BE", True, "white"),
        ("XA26BCD", "BE", True, "red"),
        ("GT123K", "NL", True, "yellow"),
        ("AB1234", "LU", True, "yellow"),
        ("AB12CDE", "GB", True, "yellow"),
        ("AB12CDE", "GB", False, "white"),
        ("AB123CD", "FR", True, "white"),
    ],
)
def test_the_ground_has_the_colour_of_the_series(text: str, country: str, rear: bool, expected: str) -> None:
    blue, green, red = _ground(draw_face(given_plate(text, country), rear=rear)).tolist()
    seen = "white" if min(blue, green, red) > 200 else "red" if green < 100 else "yellow" if blue < 100 else "other"
    assert seen == expected


def test_ordinary_belgian_ink_is_ruby_red() -> None:
    face = draw_face(given_plate("1ABC234"), rear=True).reshape(-1, 3).astype(int)
    blue, green, red = face[(face[:, 2] - face[:, 1] > 80) & (face[:, 1] < 60)].mean(axis=0)
    assert red > 3 * green
    assert red > 2 * blue


def _ground(face: np.ndarray) -> np.ndarray:
    colours, counts = np.unique(face[::4, ::4].reshape(-1, 3), axis=0, return_counts=True)
    return np.asarray(colours[counts.argmax()].astype(int))
