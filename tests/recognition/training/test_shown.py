"""What an evaluation shows a detector."""

from pathlib import Path

import numpy as np
import pytest

from services.recognition.training import frames, shown
from services.recognition.training.shown import Shown
from tests.recognition.training import street


@pytest.fixture
def pictures(tmp_path: Path) -> list[Shown]:
    return shown.whole(list(frames.frames(street.folder(tmp_path, [f"a-t{second}.jpg" for second in range(5)]))))


def test_frames_side_by_side_are_as_large_as_one_and_hold_all_plates(pictures: list[Shown]) -> None:
    pages = shown.smaller(pictures, 2)
    assert [len(page.boxes) for page in pages] == [4, 1]
    assert {page.pixels.shape for page in pages} == {(360, 640, 3)}
    left, top, right, bottom = (round(float(side)) for side in pages[0].boxes[3])
    assert (left, top, right, bottom) == (420, 255, 470, 268)
    assert pages[0].pixels[top + 2 : bottom - 2, left + 2 : right - 2].mean() > 120


def test_there_are_as_many_frames_without_plates_as_asked_for(pictures: list[Shown]) -> None:
    empty = shown.plate_free(pictures, 14, seed=1)
    assert len(empty) == 14
    assert all(len(one.boxes) == 0 and one.pixels.shape == (360, 640, 3) for one in empty)


def test_the_same_seed_makes_the_same_frames_without_plates(pictures: list[Shown]) -> None:
    one, other = (shown.plate_free(pictures, 12, seed=1)[-1] for _ in range(2))
    np.testing.assert_array_equal(one.pixels, other.pixels)


def test_a_plate_that_is_taken_out_is_gone_and_the_frame_is_left_as_it_was(pictures: list[Shown]) -> None:
    before = pictures[0].pixels.copy()
    covered = shown.without_plates(np.random.default_rng(1), pictures[0])
    left, top, right, bottom = (int(side) for side in street.BOX)
    assert covered[top:bottom, left:right].std() < 0.7 * before[top:bottom, left:right].std()
    np.testing.assert_array_equal(pictures[0].pixels, before)
