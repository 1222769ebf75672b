"""Places in licensed frames that a half-trained detector takes for plates, to be shown to it more often.

    python -m services.recognition.training.negatives --data DIR --model FILE --out hard.jsonl

Only training frames, with every plate taken out, also those that the labels lack and what may be one.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from services.common.raster import Pixels
from services.recognition.detection import Detection, enclosing, merged_detections
from services.recognition.detector import TILE_PX, PlateDetector
from services.recognition.network import Network
from services.recognition.training import frames, shown
from services.recognition.training.frames import Boxes, Frame

LEAST_SCORE = 0.35
MOST_PER_FRAME = 12


@dataclass(frozen=True, slots=True)
class Spot:
    """A place (4,) left, top, right, bottom in a picture, and the score it got."""

    file: str
    box: Boxes
    score: float


def mined(detector: PlateDetector, among: Sequence[Frame], seed: int) -> Iterator[Spot]:
    """What the detector tells in frames without plates, the worst of each frame."""
    rng = np.random.default_rng(seed)
    for frame, picture in zip(among, shown.whole(among), strict=True):
        found = _seen(detector, shown.without_plates(rng, picture))
        for one in found[:MOST_PER_FRAME]:
            yield Spot(frame.path.name, enclosing(one.corners[None])[0], one.score)


def _seen(detector: PlateDetector, pixels: Pixels) -> tuple[Detection, ...]:
    """The whole picture, and all of it in its own size."""
    height, width = pixels.shape[:2]
    found = list(detector.detect(pixels, threshold=LEAST_SCORE))
    for top in _starts(height, TILE_PX[1]):
        for left in _starts(width, TILE_PX[0]):
            tile = np.ascontiguousarray(pixels[top : top + TILE_PX[1], left : left + TILE_PX[0]])
            corner = np.array((left, top), np.float32)
            seen = detector.detect(tile, threshold=LEAST_SCORE)
            found += [Detection(one.score, one.corners + corner) for one in seen]
    return merged_detections(found)


def _starts(whole: int, tile: int) -> Iterator[int]:
    """Where tiles begin that cover a length, with overlaps alike."""
    count = -(-whole // tile)
    for place in range(count):
        yield 0 if count == 1 else round(place * (whole - tile) / (count - 1))


def written(spots: Sequence[Spot], file: Path) -> None:
    """One line for every spot."""
    lines = [
        json.dumps({"file": spot.file, "box_xyxy": np.round(spot.box, 1).tolist(), "score": round(spot.score, 3)})
        for spot in spots
    ]
    file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def read(file: Path) -> Mapping[str, Boxes]:
    """The places (n, 4) by the names of pictures."""
    found: dict[str, list[list[float]]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        found.setdefault(str(entry["file"]), []).append(entry["box_xyxy"])
    return {name: np.array(boxes, np.float32) for name, boxes in found.items()}


def main() -> None:
    """Mines with one model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="folder of licensed frames with boxes.jsonl")
    parser.add_argument("--model", type=Path, required=True, help="detector.onnx")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    spots = list(
        mined(PlateDetector(Network.load(options.model)), frames.of_part(options.data, "training"), options.seed)
    )
    written(spots, options.out)
    print(f"{len(spots)} places in {len({spot.file for spot in spots})} frames")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
