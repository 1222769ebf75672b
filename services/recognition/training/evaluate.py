"""`anpr recognition evaluate`: pictures of which it is known what they show, read as the product reads them, and the figures."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2

from services.common.errors import Refusal
from services.common.picture import PictureUnreadable
from services.common.raster import Picture, TooLarge, Unreadable
from services.recognition import environment, plate_likeness
from services.recognition.engine import EngineIdentity
from services.recognition.engine_networks import NetworksEngine
from services.recognition.network import Network
from services.recognition.reading import PlateReading, Seen
from services.recognition.training import scores
from services.recognition.training.error_sheet import ErrorSheet
from services.recognition.training.labels import Sample
from services.recognition.training.pairing import Paired, paired
from services.recognition.training.scores import Figures, Outcome


@dataclass(frozen=True, slots=True)
class Product:
    """What reads: encoded pictures to plates, in this process and one thread, so that its processor time is known."""

    plates: Callable[[bytes], tuple[PlateReading, ...]]
    engine: EngineIdentity


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of it. refused: names of pictures that could not be read at all, and why."""

    figures: Figures
    outcomes: tuple[Outcome, ...]
    refused: tuple[tuple[str, str], ...]
    sheet: ErrorSheet
    engine: EngineIdentity


def networks(models: Path = environment.MODELS, country: str = "") -> Product:
    """Our own networks from a folder. Raises EngineMissing or NetworkBroken."""
    detector, reader = (Network(content) for content in environment.model_files(models))
    return product(detector, reader, country)


def product(detector: Network, reader: Network, country: str = "") -> Product:
    """Two networks with the post-processing of the service. country: where the cameras stand, empty for Belgium."""
    cv2.setNumThreads(1)
    engine = NetworksEngine(detector, reader)

    def plates(content: bytes) -> tuple[PlateReading, ...]:
        try:
            picture = Picture(content)
            boxes = engine.read(picture)
        except (TooLarge, Unreadable) as cause:
            raise PictureUnreadable(str(cause)) from cause
        return plate_likeness.plates(Seen(picture.width_px, picture.height_px, boxes), country)

    return Product(plates, engine.identity)


def evaluated(samples: Iterable[Sample], product: Product) -> Evaluation:
    """Reads every sample once. Processor time is of decoding, finding, reading and post-processing."""
    sheet = ErrorSheet()
    outcomes: list[Outcome] = []
    refused: list[tuple[str, str]] = []
    frames = false_plates = 0
    cpu_s = 0.0
    for sample in samples:
        content = sample.content()
        began = time.process_time()
        try:
            plates = product.plates(content)
        except Refusal as refusal:
            refused.append((sample.name, refusal.words))
            outcomes += paired(sample, ()).outcomes
            continue
        cpu_s += time.process_time() - began
        pairs = paired(sample, plates)
        outcomes += pairs.outcomes
        frames, false_plates = frames + 1, false_plates + pairs.false_plates
        _note_errors(sheet, content, pairs)
    figures = scores.figures(outcomes, frames=frames, false_plates=false_plates, cpu_s=cpu_s)
    return Evaluation(figures, tuple(outcomes), tuple(refused), sheet, product.engine)


def _note_errors(sheet: ErrorSheet, content: bytes, pairs: Paired) -> None:
    for outcome, label, reading in zip(pairs.outcomes, pairs.labels, pairs.readings, strict=True):
        if not outcome.is_exact:
            sheet.note(content, outcome, label.box or (reading.box if reading else None))
