"""Real crops for the reader, labelled by another reader: PP-OCRv6, where it reads the same at two margins.

    python -m services.recognition.training.pseudo_labels --data DIR --models DIR --out DIR

Runs in the environment of PaddleOCR (`make setup` makes it) over the training frames only. What it reads is
kept where it fits the Romanian format (the licensed frames are from there), and is written as a shard whose columns are
not supervised. The crops show real plates: they stay outside the tree.
"""

import argparse
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.alphabet import COLUMNS, COUNTRY_INDEX, ONE_LINE
from services.recognition.rectify import rectified
from services.recognition.training import frames, shards
from services.recognition.training.frames import Frame
from services.recognition.training.render.columns import NOT_SUPERVISED
from services.recognition.training.render.crop import ReaderSample

MARGINS = (0.02, 0.10)
LEAST_SCORE = 0.8
LEAST_HEIGHT_PX = 12.0
# Counties of Romania; Bucharest (B) has two or three digits, the others two. Q is not used, and no group begins with I or O.
COUNTIES = (
    "AB AG AR BC BH BN BR BT BV BZ CJ CL CS CT CV DB DJ GJ GL GR HD HR IF IL IS MH MM MS NT OT PH SB SJ SM SV TL TM TR "
    "VL VN VS"
)  # fmt: skip
FORMAT = re.compile(rf"(?:B\d{{2,3}}|(?:{COUNTIES.replace(' ', '|')})\d{{2}})[A-HJ-NPR-Z][A-PR-Z]{{2}}")
# Each plate is cut out so many times, a little differently.
CROPS = 3
MARGIN, JITTER = (-0.02, 0.08), 0.02
KIND = "real"

Read = Callable[[Pixels], tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A plate in a frame that was read the same each time. corners: (4, 2) of its box."""

    frame: Frame
    corners: NDArray[np.float32]
    text: str = field(repr=False)


def labelled(read: Read, among: Sequence[Frame]) -> Iterator[Labelled]:
    """The plates whose text can be taken for known. read: a crop to its text and how sure that is, 0 to 1."""
    for frame in among:
        for box in frame.boxes:
            if box[3] - box[1] >= LEAST_HEIGHT_PX:
                text = agreed(read, frames.levels(frame.path)[0], box)
                if text:
                    yield Labelled(frame, frames.corners(box), text)


def agreed(read: Read, pixels: Pixels, box: NDArray[np.float32]) -> str:
    """What is read at every margin, when that is one text of the format; else an empty one."""
    texts = set()
    for margin in MARGINS:
        text, score = read(_cut(pixels, box, margin))
        texts.add(re.sub(r"[^A-Z0-9]", "", text.upper()) if score >= LEAST_SCORE else "")
    (text, *others) = texts
    return text if not others and FORMAT.fullmatch(text) else ""


def _cut(pixels: Pixels, box: NDArray[np.float32], margin: float) -> Pixels:
    height, width = pixels.shape[:2]
    room = np.tile((box[2:] - box[:2]) * margin, 2) * (-1, -1, 1, 1)
    left, top, right, bottom = np.clip(np.round(box + room), 0, (width, height, width, height)).astype(int)
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def samples(rng: Generator, plate: Labelled) -> Iterator[ReaderSample]:
    """The plate as the reader may get it, CROPS times."""
    pixels = frames.levels(plate.frame.path)[0]
    size = np.ptp(plate.corners, axis=0)
    for _ in range(CROPS):
        moved = plate.corners + (rng.normal(0, JITTER, (4, 2)) * size).astype(np.float32)
        yield ReaderSample(
            pixels=rectified(pixels, np.asarray(moved, np.float32), float(rng.uniform(*MARGIN))),
            text=plate.text,
            columns=np.full(COLUMNS, NOT_SUPERVISED, np.int8),
            country=COUNTRY_INDEX["RO"],
            layout=ONE_LINE,
            is_fed_wrong=False,
            kind=KIND,
        )


def paddle_reader(models: Path) -> Read:
    """PP-OCRv6's reader, one thread, from `models`/rec."""
    os.environ |= {"ORT_DISABLE_TELEMETRY": "1", "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"}
    os.environ["PADDLE_PDX_CACHE_HOME"] = str(models.parent / "cache")
    import paddleocr  # noqa: PLC0415 - exists only in the Paddle environment

    from services.recognition.engine_paddle import READER, RUNTIME  # noqa: PLC0415 - as above

    reader = paddleocr.TextRecognition(model_name=READER, model_dir=str(models / "rec"), **RUNTIME)

    def read(crop: Pixels) -> tuple[str, float]:
        (answer,) = reader.predict([crop], batch_size=1)
        return str(answer["rec_text"]), float(answer["rec_score"])

    return read


def main() -> None:
    """Writes one shard."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="folder of licensed frames with boxes.jsonl")
    parser.add_argument("--models", type=Path, required=True, help="folder of PaddleOCR's models")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    among = frames.of_part(options.data, "training")
    plates = list(labelled(paddle_reader(options.models), among))
    rng = np.random.default_rng(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    drawn = [sample for plate in plates for sample in samples(rng, plate)]
    if drawn:
        shards.written(shards.stacked(drawn), options.out / "samples-00000000.npz")
    boxes = sum(len(frame.boxes) for frame in among)
    print(f"{len(plates)} of {boxes} plates labelled, {len(drawn)} samples")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
