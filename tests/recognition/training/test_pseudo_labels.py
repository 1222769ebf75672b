"""Labels by another reader."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from services.common.raster import Pixels
from services.recognition.training import frames, pseudo_labels
from tests.recognition.training import street

BOX = np.array((10, 10, 90, 34), np.float32)
PICTURE = np.zeros((60, 100, 3), np.uint8)


def _reader(answers: Sequence[tuple[str, float]]) -> pseudo_labels.Read:
    left = iter(answers)

    def read(_: Pixels) -> tuple[str, float]:
        return next(left)

    return read


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ([("B 123 ABC", 0.99), ("B123ABC", 0.9)], "B123ABC"),
        ([("CJ 12 ABC", 0.99), ("CJ 12 ABD", 0.99)], ""),
        ([("B 123 ABC", 0.99), ("B 123 ABC", 0.5)], ""),
        ([("ZZ 12 ABC", 0.99), ("ZZ 12 ABC", 0.99)], ""),
    ],
)
def test_only_a_text_read_the_same_twice_that_fits_is_kept(answers: Sequence[tuple[str, float]], text: str) -> None:
    assert pseudo_labels.agreed(_reader(answers), PICTURE, BOX) == text


def test_a_labelled_plate_becomes_unsupervised_samples(tmp_path: Path) -> None:
    among = list(frames.frames(street.folder(tmp_path, ["a-t1.jpg"])))
    (plate,) = pseudo_labels.labelled(_reader([("B 123 ABC", 1.0)] * 2), among)
    drawn = list(pseudo_labels.samples(np.random.default_rng(1), plate))
    assert [sample.text for sample in drawn] == ["B123ABC"] * pseudo_labels.CROPS
    assert all((sample.columns == -1).all() for sample in drawn)
