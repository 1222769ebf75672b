"""A folder of frames as the licensed ones are laid out, but drawn."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from services.recognition.training.backdrops import procedural_background

SIZE_PX = (640, 360)
BOX = (200.0, 150.0, 300.0, 176.0)


def folder(at: Path, names: Sequence[str], size: tuple[int, int] = SIZE_PX) -> Path:
    """Writes one frame for every name, each with a white plate in BOX."""
    lines = []
    for seed, name in enumerate(names):
        picture = procedural_background(np.random.default_rng(seed), size)
        left, top, right, bottom = (int(value) for value in BOX)
        cv2.rectangle(picture, (left, top), (right, bottom), (240, 240, 240), -1)
        cv2.putText(picture, "AB 12", (left + 6, bottom - 6), cv2.FONT_HERSHEY_DUPLEX, 0.7, (20, 20, 20), 2)
        cv2.imwrite(str(at / name), picture)
        lines.append(json.dumps({"file": name, "width": size[0], "height": size[1], "boxes_xyxy": [BOX]}))
    (at / "boxes.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return at
