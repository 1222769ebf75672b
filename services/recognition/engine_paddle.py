"""PP-OCRv6 (small) on whole frames through PaddleOCR, run by ONNX Runtime.

It finds any text, not only plates, and its boxes enclose the text rather than the plate. Alternatives per character are
the reader's own softmax: PaddleOCR answers one string with one score, so its last step is replaced by `ctc.decode`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import paddleocr
from numpy.typing import NDArray

from services.common.raster import Picture, Pixels
from services.recognition import colour, ctc, quad, rectify
from services.recognition.engine import EngineIdentity
from services.recognition.reading import Position, TextBox, string_probability

DETECTOR, READER = "PP-OCRv6_small_det", "PP-OCRv6_small_rec"
# Measured on street frames with small plates, against a 960 px limit and the model's own box threshold of 0.5:
# 54 instead of 44 of 56 plates found.
LONGEST_SIDE_PX = 1600
BOX_THRESHOLD = 0.4
# What is read of all that is found: no plate is lower or longer than this, and a page full of text must not take minutes.
LEAST_HEIGHT_PX, MOST_ASPECT, MOST_BOXES = 6, 12, 48

RUNTIME: Mapping[str, Any] = {
    "device": "cpu",
    "engine": "onnxruntime",
    "engine_config": {"intra_op_num_threads": 1, "inter_op_num_threads": 1},
}


@dataclass(frozen=True, slots=True)
class Line:
    """What the reader's last step answers instead of a bare string."""

    raw: str
    positions: tuple[Position, ...]


class CharacterDecoder:
    """Stands in for PaddleOCR's CTC decoder, in whose place it is called."""

    def __init__(self, characters: Sequence[str]) -> None:
        self._alphabet = ctc.Alphabet.of(characters)

    def __call__(self, prediction: Sequence[NDArray[np.float32]], **_: object) -> tuple[list[Line], list[float]]:
        lines = [Line(*ctc.decode(columns, self._alphabet)) for columns in np.asarray(prediction[0])]
        return lines, [string_probability(line.positions) for line in lines]


class PaddleEngine:
    """Loads both models from `models`/det and `models`/rec, which takes seconds; one thread."""

    def __init__(self, models: Path) -> None:
        self._detector = paddleocr.TextDetection(
            model_name=DETECTOR,
            model_dir=str(models / "det"),
            limit_side_len=LONGEST_SIDE_PX,
            limit_type="max",
            box_thresh=BOX_THRESHOLD,
            **RUNTIME,
        )
        self._reader = text_reader(models / "rec")
        self._identity = EngineIdentity("paddleocr PP-OCRv6 small", paddleocr.__version__, model_sha256(models))

    @property
    def identity(self) -> EngineIdentity:
        """Which engine this is."""
        return self._identity

    def read(self, picture: Picture) -> tuple[TextBox, ...]:
        """All text in a picture."""
        pixels = picture.pixels()
        quads = [np.asarray(corners, np.float32) for corners in self._detector.predict(pixels)[0]["dt_polys"]]
        found = [(corners, crop) for corners in quads if _is_worth_reading(crop := rectified(pixels, corners))]
        found = sorted(found, key=lambda pair: -pair[1].size)[:MOST_BOXES]
        if not found:
            return ()
        answers = self._reader.predict([crop for _, crop in found], batch_size=1)
        return tuple(
            _text_box(answer["rec_text"], corners, crop) for (corners, crop), answer in zip(found, answers, strict=True)
        )


def text_reader(folder: Path) -> Any:
    """PaddleOCR's reader of lines with the model in this folder; what it answers as `rec_text` are our Lines."""
    reader = paddleocr.TextRecognition(model_name=READER, model_dir=str(folder), **RUNTIME)
    predictor = reader.paddlex_predictor
    predictor.post_op = CharacterDecoder(predictor.post_op.character)
    return reader


def _is_worth_reading(crop: Pixels) -> bool:
    height, width = crop.shape[:2]
    return bool(height >= LEAST_HEIGHT_PX and height / 2 <= width <= MOST_ASPECT * height)


def rectified(pixels: Pixels, corners: NDArray[np.float32]) -> Pixels:
    """The quadrilateral (4 x 2, clockwise from the top left) as an upright picture; empty when it has no area."""
    upper, right, lower, left = rectify.edges(corners)
    width, height = round(max(upper, lower)), round(max(right, left))
    if min(width, height) < 1:
        return np.zeros((0, 0, 3), np.uint8)
    return rectify.upright(pixels, corners, width, height)


def model_sha256(models: Path) -> str:
    """One digest over the names and contents of all model files, hexadecimal."""
    digest = hashlib.sha256()
    for file in sorted(models.rglob("inference.*")):
        digest.update(f"{file.relative_to(models)}\n".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _text_box(line: Line, corners: NDArray[np.float32], crop: Pixels) -> TextBox:
    return TextBox(line.raw, line.positions, quad.of(corners), colour.classify(crop))
