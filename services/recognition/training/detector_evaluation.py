"""What the detector finds on licensed frames that no training saw.

    python -m services.recognition.training.detector_evaluation --data DIR --model FILE [--second-look] [--sheets DIR]

Prints a table, or JSON with --json. Plates that the frames show and their labels lack count neither as right nor as
false (--as-labelled: they count as false); in the frames without plates they are taken out like all others.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from services.common.raster import Pixels
from services.recognition import detection
from services.recognition.detection import Detection
from services.recognition.detector import LEAST, PLATE, PlateDetector
from services.recognition.letterbox import letterboxed
from services.recognition.network import Network
from services.recognition.training import detector_scores, detector_sheets, frames, shown
from services.recognition.training.detector_scores import FALSE_PER_FRAME, DetectorFigures
from services.recognition.training.frames import Frame

PLATE_FREE_FRAMES = 300
SEED = 20261124
# Answers down to this score are kept, to see what could be found at all.
LEAST_SCORE = 0.03
TIMED_FRAMES = 30

Look = Callable[[Pixels], tuple[Detection, ...]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """false_per_plate_free_frame: at the product's threshold. cpu_ms: means by stage."""

    figures: DetectorFigures
    plate_free_frames: int
    false_per_plate_free_frame: float
    cpu_ms: dict[str, float]


def looking(detector: PlateDetector, *, twice: bool) -> Look:
    """The detector as a function of a picture; `twice` with its second look."""

    def look(pixels: Pixels) -> tuple[Detection, ...]:
        first = detector.detect(pixels, threshold=LEAST_SCORE)
        return detector.second_look(pixels, first, threshold=LEAST_SCORE) if twice else first

    return look


def stages_ms(network: Network, among: Sequence[Frame]) -> dict[str, float]:
    """Mean CPU milliseconds per frame of each stage of a first look, after a warm-up."""
    detector = PlateDetector(network)
    sums = {
        "decode": 0.0,
        "decode half": 0.0,
        "letterbox": 0.0,
        "network": 0.0,
        "grids to plates": 0.0,
        "second look": 0.0,
    }
    contents = [np.frombuffer(frame.path.read_bytes(), np.uint8) for frame in among[:TIMED_FRAMES]]
    for content in contents[:2]:
        detector.detect(np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8))
    for content in contents:
        clock = _Clock(sums)
        pixels = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)
        clock.lap("decode")
        cv2.imdecode(content, cv2.IMREAD_REDUCED_COLOR_2)
        clock.lap("decode half")
        canvas = letterboxed(pixels)
        clock.lap("letterbox")
        grids = network.run(canvas.pixels[None])
        clock.lap("network")
        detection.merged(*detection.decoded(grids, LEAST))
        clock.lap("grids to plates")
        first = detector.detect(pixels)
        clock.skip()
        detector.second_look(pixels, first)
        clock.lap("second look")
    return {stage: round(spent / max(len(contents), 1) * 1000, 3) for stage, spent in sums.items()}


class _Clock:
    """Adds the CPU time of this thread since the last lap, in seconds."""

    def __init__(self, sums: dict[str, float]) -> None:
        self._sums, self._last = sums, time.thread_time()

    def lap(self, stage: str) -> None:
        self._sums[stage] += time.thread_time() - self._last
        self._last = time.thread_time()

    def skip(self) -> None:
        self._last = time.thread_time()


def table(evaluation: Evaluation) -> str:
    """For a person."""
    figures = evaluation.figures
    lines = [f"{figures.frames} frames, {figures.plates} plates"]
    for each, recall, score in zip(FALSE_PER_FRAME, figures.recall, figures.score_at, strict=True):
        lines.append(f"recall at {each} false per frame  {recall:6.1%}  (score {score:.3f})")
    lines += [
        f"recall at any score             {figures.most_recall:6.1%}",
        f"at the threshold {PLATE:.2f}           {figures.at_threshold[0]:6.1%}, {figures.at_threshold[1]:.3f} false per frame",
        f"average precision               {figures.average_precision:6.3f}",
        f"mean overlap of those found     {figures.overlap:6.3f}",
        f"false on {evaluation.plate_free_frames} frames without plates {evaluation.false_per_plate_free_frame:.4f} per frame",
    ]
    lines += [f"  {one.name:>12} px  {one.plates:4d} plates  {one.recall:6.1%}" for one in figures.by_width]
    lines += [f"  {stage:<16} {spent:7.2f} ms CPU" for stage, spent in evaluation.cpu_ms.items()]
    return "\n".join(lines)


def main() -> None:
    """Evaluates one model."""
    options = _options()
    cv2.setNumThreads(1)
    network = Network.load(options.model)
    look = looking(PlateDetector(network), twice=options.second_look)
    among = frames.of_part(options.data, "validation")
    pictures = shown.whole(among)
    empty = shown.plate_free(pictures, PLATE_FREE_FRAMES, SEED)
    if options.as_labelled:
        pictures = [replace(one, not_judged=np.zeros((0, 4), np.float32)) for one in pictures]
    pictures = shown.smaller(pictures, options.smaller) if options.smaller > 1 else pictures
    found = [(one, look(one.pixels)) for one in pictures]
    false = [(one, [answer for answer in look(one.pixels) if answer.score >= PLATE]) for one in empty]
    judged = [detector_scores.judged(answers, one.boxes, one.not_judged) for one, answers in found]
    evaluation = Evaluation(
        figures=detector_scores.figures(judged, PLATE),
        plate_free_frames=len(empty),
        false_per_plate_free_frame=sum(len(answers) for _, answers in false) / max(len(empty), 1),
        cpu_ms=stages_ms(network, among),
    )
    if options.sheets:
        detector_sheets.write(options.sheets, found, false)
    print(json.dumps(asdict(evaluation), indent=2) if options.json else table(evaluation))  # noqa: T201 - a command


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="folder of licensed frames with boxes.jsonl")
    parser.add_argument("--model", type=Path, required=True, help="detector.onnx")
    parser.add_argument("--second-look", action="store_true")
    parser.add_argument(
        "--smaller", type=int, default=1, help="N: show N x N frames on one, so that plates are N times narrower"
    )
    parser.add_argument("--as-labelled", action="store_true", help="plates that the labels lack count as false")
    parser.add_argument(
        "--sheets", type=Path, default=None, help="folder for pictures of what was missed and what is false"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
