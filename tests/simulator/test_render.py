"""Frames repeat, and what is said about their plates is true of their pixels."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from services.common.marker import read_marker
from services.simulator.conditions import Difficulty
from services.simulator.drive import Drive, Plant, plan_drive
from services.simulator.face import draw_face
from services.simulator.frame import Frame, TruePlate
from services.simulator.optics import HEIGHT_PX, WIDTH_PX
from services.simulator.plates import Plate, given_plate
from services.simulator.render import render_frame

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CAMERAS = 3
PLANTED = (
    given_plate("1ABC234"),
    given_plate("MABC123"),
    given_plate("XA26BCD"),
    given_plate("GT123K", "NL"),
    given_plate("AB123CD", "FR"),
)


@pytest.fixture(scope="module")
def drive() -> Drive:
    plants = [Plant(plate, 2 + 3 * number) for number, plate in enumerate(PLANTED)]
    return plan_drive(seed=21, cameras=CAMERAS, frames=24, rate=2.0, plants=plants)


@pytest.fixture(scope="module")
def easy(drive: Drive) -> list[Frame]:
    return [_render(drive, number, Difficulty.EASY) for number in range(len(drive.shots))]


@pytest.fixture(scope="module")
def hard(drive: Drive) -> list[Frame]:
    return [_render(drive, number, Difficulty.HARD, marker=True) for number in range(12)]


def test_a_frame_is_a_jpeg_of_the_size_of_the_camera(easy: list[Frame]) -> None:
    for frame in easy:
        assert _pixels(frame).shape == (HEIGHT_PX, WIDTH_PX, 3)
        assert len(frame.jpeg) < 600_000


def test_the_same_seed_gives_the_same_bytes(drive: Drive, easy: list[Frame]) -> None:
    assert [_render(drive, number, Difficulty.EASY) for number in range(4)] == easy[:4]


def test_another_seed_gives_other_bytes(drive: Drive, easy: list[Frame]) -> None:
    other = render_frame(drive.shots[0], seed=22, difficulty=Difficulty.EASY, started_at=START)
    assert other.jpeg != easy[0].jpeg


def test_the_start_moves_the_time_and_leaves_the_bytes(drive: Drive, easy: list[Frame]) -> None:
    later = START + timedelta(days=3)
    frame = render_frame(drive.shots[5], seed=21, difficulty=Difficulty.EASY, started_at=later)
    assert frame.jpeg == easy[5].jpeg
    assert frame.captured_at == later + timedelta(seconds=2.5)


def test_corners_lie_inside_the_picture_and_are_in_order(easy: list[Frame], hard: list[Frame]) -> None:
    plates = [plate for frame in (*easy, *hard) for plate in frame.plates]
    assert len(plates) > 25
    for plate in plates:
        assert all(0 < x < WIDTH_PX and 0 < y < HEIGHT_PX for x, y in plate.corners)
        (left, top), (right, _), (_, bottom), (_, lower) = plate.corners
        assert left < right
        assert top < bottom
        assert top < lower
        x, y, width, height = plate.box
        assert x <= left < x + width
        assert y <= top < y + height


def test_a_plate_is_wide_enough_to_be_read(easy: list[Frame]) -> None:
    for plate in (plate for frame in easy for plate in frame.plates):
        least_px = 90 if plate.plate.sheet == "long" else 55
        assert least_px <= np.hypot(*np.subtract(plate.corners[1], plate.corners[0])) <= 260


def test_every_planted_plate_is_in_the_truth(drive: Drive, easy: list[Frame]) -> None:
    for shot, frame in zip(drive.shots, easy, strict=True):
        if shot.planted:
            wanted = {one.vehicle.plate for one in shot.passing if one.vehicle.plate in PLANTED}
            assert wanted <= {plate.plate for plate in frame.plates}
    assert set(PLANTED) <= {plate.plate for frame in easy for plate in frame.plates}


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_plate_is_seen_whatever_the_camera(seed: int) -> None:
    plants = [Plant(given_plate(text), number) for number, text in enumerate(("1ABC234", "2DEF567", "3GHI890"))]
    planned = plan_drive(seed=100 + seed, cameras=CAMERAS, frames=CAMERAS, rate=1.0, plants=plants)
    for number, plant in enumerate(plants):
        assert plant.plate in [plate.plate for plate in _render(planned, number, Difficulty.HARD).plates]


def test_the_pixels_between_the_corners_are_the_plate(easy: list[Frame]) -> None:
    """Laid flat by its corners, a plate resembles its own face, and more than it resembles any other plate's."""
    seen = [(frame, plate) for frame in easy for plate in frame.plates]
    for frame, plate in seen:
        own = _likeness(frame, plate, plate.plate)
        assert own > 0.7
        others = [other.plate for _, other in seen if _comparable(plate.plate, other.plate)]
        assert all(_likeness(frame, plate, other) < own for other in others)


def test_the_marker_says_what_the_truth_says(hard: list[Frame]) -> None:
    for frame in hard:
        marked = [(one.text, one.country, one.box) for one in read_marker(_pixels(frame))]
        assert marked == [(plate.plate.text, plate.plate.country, plate.box) for plate in frame.plates]


def test_a_shot_with_nobody_in_it_has_no_truth(drive: Drive) -> None:
    shot = replace(drive.shots[0], passing=())
    assert render_frame(shot, seed=21, difficulty=Difficulty.EASY, started_at=START).plates == ()


def _render(drive: Drive, number: int, difficulty: Difficulty, *, marker: bool = False) -> Frame:
    return render_frame(drive.shots[number], seed=drive.seed, difficulty=difficulty, started_at=START, marker=marker)


def _pixels(frame: Frame) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR))


def _likeness(frame: Frame, seen: TruePlate, plate: Plate) -> float:
    """Correlation of brightness between the plate as seen and a plate as drawn."""
    drawn = max((draw_face(plate, rear=rear) for rear in (True, False)), key=lambda face: -int(face[:, :, 0].mean()))
    height, width = drawn.shape[:2]
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    warp = cv2.getPerspectiveTransform(np.array(seen.corners, np.float32), flat)
    laid = cv2.warpPerspective(_pixels(frame), warp, (width, height))
    small = [
        cv2.resize(cv2.cvtColor(one, cv2.COLOR_BGR2GRAY), None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)
        for one in (laid, drawn)
    ]
    return float(np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1])


def _comparable(one: Plate, other: Plate) -> bool:
    return one.text != other.text and one.sheet == other.sheet and one.series == other.series
