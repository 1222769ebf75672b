"""Licensed frames and how they are split."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, sampled_from, text

from services.recognition.training import frames
from tests.recognition.training import street

NAMES = ("dayride_type1_001-t10.jpg", "dayride_type1_002-t10.jpg", "nightride_type3_001-t11.jpg")


def test_a_drive_is_on_one_side_only(tmp_path: Path) -> None:
    data = street.folder(tmp_path, NAMES)
    assert {frame.drive for frame in frames.of_part(data, "validation")} == {"dayride_type1_002"}
    assert {frame.drive for frame in frames.of_part(data, "training")} == {"dayride_type1_001", "nightride_type3_001"}


def test_a_frame_has_its_boxes_and_its_second(tmp_path: Path) -> None:
    first = next(iter(frames.frames(street.folder(tmp_path, NAMES))))
    assert (first.drive, first.time_s) == ("dayride_type1_001", 10)
    np.testing.assert_array_equal(first.boxes, np.array([street.BOX], np.float32))


@given(drive=sampled_from(sorted(frames.CUT_DRIVES_S)), one=integers(0, 2000), other=integers(0, 2000))
def test_frames_of_both_sides_of_a_cut_are_seconds_apart(drive: str, one: int, other: int) -> None:
    sides = {frames.part_of(drive, one), frames.part_of(drive, other)}
    if sides == {"training", "validation"}:
        assert abs(one - other) > frames.GAP_S


@given(drive=text(), one=integers(0, 2000), other=integers(0, 2000))
def test_a_drive_that_is_not_cut_has_one_side(drive: str, one: int, other: int) -> None:
    assert frames.part_of(drive, one) == frames.part_of(drive, other)


def test_a_picture_is_kept_at_parts_of_its_size(tmp_path: Path) -> None:
    street.folder(tmp_path, NAMES[:1])
    sizes = [picture.shape for picture in frames.levels(tmp_path / NAMES[0])]
    assert sizes == [(360, 640, 3), (180, 320, 3), (90, 160, 3)]


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty-t1.jpg").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="empty-t1"):
        frames.levels(tmp_path / "empty-t1.jpg")
