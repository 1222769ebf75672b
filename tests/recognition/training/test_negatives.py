"""Places that were taken for plates."""

from pathlib import Path

import numpy as np

from services.recognition.training import negatives
from services.recognition.training.negatives import Spot


def test_spots_are_read_as_they_were_written(tmp_path: Path) -> None:
    box = np.array((1.5, 2.0, 30.0, 8.5), np.float32)
    negatives.written(
        [Spot("a-t1.jpg", box, 0.5), Spot("a-t1.jpg", box + 50, 0.4), Spot("b-t1.jpg", box, 0.9)],
        tmp_path / "hard.jsonl",
    )
    found = negatives.read(tmp_path / "hard.jsonl")
    assert {name: len(boxes) for name, boxes in found.items()} == {"a-t1.jpg": 2, "b-t1.jpg": 1}
    np.testing.assert_array_equal(found["b-t1.jpg"][0], box)
