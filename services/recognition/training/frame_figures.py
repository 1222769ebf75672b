"""What the committed models do on licensed street frames that no training saw, as rows of the model card."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from services.common.raster import Picture
from services.recognition.detection import Detection
from services.recognition.detector import PLATE, PlateDetector
from services.recognition.engine_networks import NetworksEngine
from services.recognition.network import Network
from services.recognition.training import detector_scores, frames, shown
from services.recognition.training.detector_evaluation import PLATE_FREE_FRAMES, SEED, Look, looking
from services.recognition.training.detector_scores import DetectorFigures
from services.recognition.training.shown import Shown


def measured(detector: Network, reader: Network, data: Path) -> dict[str, str]:
    """Names and values, in their order. data: the folder that `frames` reads."""
    cv2.setNumThreads(1)
    look, pictures = looking(PlateDetector(detector), twice=True), shown.whole(frames.of_part(data, "validation"))
    empty = shown.plate_free(pictures, PLATE_FREE_FRAMES, SEED)
    by_detector = _figures(look, pictures)
    as_labelled = _figures(look, [replace(one, not_judged=np.zeros((0, 4), np.float32)) for one in pictures])
    read = _reading(NetworksEngine(detector, reader))
    by_product, in_empty = _figures(read, pictures), sum(len(read(one.pixels)) for one in empty)
    widths = [one for one in by_detector.by_width if one.plates]
    of = f"{by_detector.frames} frames of drives not trained on, {by_detector.plates} plates"
    return {
        f"detector with its second look: recall at 0.1 false boxes per frame ({of})": _percent(by_detector.recall[0]),
        **{f"the same, plates of {one.name} px ({one.plates})": _percent(one.recall) for one in widths},
        "the same, where plates that the labels lack count as false": _percent(as_labelled.recall[0]),
        "the same at 0.01 false boxes per frame": _percent(by_detector.recall[1]),
        "the same at 0.1, four frames in one: plates half as wide": _percent(
            _figures(look, shown.smaller(pictures, 2)).recall[0]
        ),
        "product, what it reports: plates found": _percent(by_product.at_threshold[0]),
        "product: false plates per frame": f"{by_product.at_threshold[1]:.4f}",
        f"product: plates reported in {len(empty)} frames with every plate taken out, per frame": (
            f"{in_empty / max(len(empty), 1):.4f}"
        ),
    }


def _figures(look: Look, pictures: Sequence[Shown]) -> DetectorFigures:
    judged = [detector_scores.judged(look(one.pixels), one.boxes, one.not_judged) for one in pictures]
    return detector_scores.figures(judged, PLATE)


def _reading(engine: NetworksEngine) -> Look:
    """What the product reports counts, whatever its score."""
    return lambda pixels: tuple(
        Detection(1.0, np.array(box.corners, np.float32)) for box in engine.read(Picture.of(pixels))
    )


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
