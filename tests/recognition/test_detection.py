"""From grids to plates."""

from collections.abc import Mapping

import numpy as np
from hypothesis import given
from hypothesis.strategies import floats, integers, lists, tuples

from services.recognition import detection
from services.recognition.detection import STRIDES, UNIT, Detection, Grid, Quad

PLATE = np.array([(100, 50), (180, 54), (180, 74), (100, 70)], np.float32)


def _grids(width: int = 320, height: int = 192) -> dict[str, Grid]:
    return {
        name: np.full((1, 9, height // stride, width // stride), -9.0, np.float32) for name, stride in STRIDES.items()
    }


def _tell(grids: Mapping[str, Grid], name: str, cell: tuple[int, int], corners: Quad, logit: float) -> None:
    stride, (column, row) = STRIDES[name], cell
    middle = (np.array(cell) + 0.5) * stride
    grids[name][0, 0, row, column] = logit
    grids[name][0, 1:, row, column] = ((corners - middle) / (stride * UNIT)).reshape(-1)


@given(column=integers(0, 39), row=integers(0, 23), shift=floats(-40, 40))
def test_corners_come_out_as_a_cell_tells_them(column: int, row: int, shift: float) -> None:
    grids = _grids()
    _tell(grids, "p8", (column, row), PLATE + np.float32(shift), 2.0)
    scores, corners = detection.decoded(grids, 0.5)
    np.testing.assert_allclose(corners[0], PLATE + np.float32(shift), atol=1e-3)
    assert abs(scores[0] - 1 / (1 + np.exp(-2.0))) < 1e-6


def test_cells_below_the_threshold_say_nothing() -> None:
    scores, corners = detection.decoded(_grids(), 0.1)
    assert (len(scores), corners.shape) == (0, (0, 4, 2))
    assert detection.merged(scores, corners) == ()


def test_answers_of_both_grids_about_one_plate_become_one() -> None:
    grids = _grids()
    _tell(grids, "p8", (17, 7), PLATE, 3.0)
    _tell(grids, "p8", (18, 7), PLATE + np.float32(2), 1.0)
    _tell(grids, "p16", (8, 3), PLATE - np.float32(2), 2.0)
    (found,) = detection.merged(*detection.decoded(grids, 0.3))
    assert found.score > 0.95
    np.testing.assert_allclose(found.corners, PLATE, atol=1.0)


def test_a_part_of_a_plate_is_not_another_plate() -> None:
    line = np.array([(105, 55), (175, 58), (175, 64), (105, 61)], np.float32)
    assert len(detection.merged(np.array([0.9, 0.6], np.float32), np.stack([PLATE, line]))) == 1


def test_two_plates_stay_two() -> None:
    assert len(detection.merged(np.array([0.9, 0.6], np.float32), np.stack([PLATE, PLATE + np.float32(90)]))) == 2


@given(places=lists(tuples(floats(0, 500), floats(0, 300), floats(5, 90)), max_size=12))
def test_what_is_merged_does_not_overlap(places: list[tuple[float, float, float]]) -> None:
    unit = np.array([(0, 0), (1, 0), (1, 0.25), (0, 0.25)], np.float32)
    found = [
        Detection(0.9 - 0.01 * rank, unit * width + np.array((x, y), np.float32))
        for rank, (x, y, width) in enumerate(places)
    ]
    left = detection.merged_detections(found)
    assert len(left) <= len(found)
    assert [one.score for one in left] == sorted((one.score for one in left), reverse=True)
