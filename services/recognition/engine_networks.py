"""Our own networks: a detector that finds plates by their corners, and a reader for what stands on them."""

import hashlib
import math
from collections.abc import Sequence

import cv2
import numpy as np

from services.common.plate import MAX_CHARACTERS
from services.common.raster import Picture, Pixels, Reduction
from services.recognition import colour, quad
from services.recognition.detection import Detection
from services.recognition.detector import PlateDetector, tiles
from services.recognition.engine import EngineIdentity
from services.recognition.letterbox import canvas_of
from services.recognition.network import Network
from services.recognition.reader import PlateReader, PlateText
from services.recognition.reading import Layout, TextBox
from services.recognition.rectify import Quad, edges, rectified
from services.recognition.strips import strips

NAME = "anpr networks"
# A picture is read at half its size when all plates in it are at least this wide in full. Measured on rendered plates: from
# 130 px on as many are read exactly at half the size (95 %) as in full; of those of 70 to 90 px it is 75 instead of 95 %.
NARROW_PX = 140.0
# Half the size of a 1280x720 JPEG costs 1.7 ms, and 2.5 more when all of it is needed too. Where there are plates most
# are narrow, so only pictures of more pixels than this are begun at half or quarter size.
WHOLE_AT_ONCE_PX = 1_300_000
# Between these probabilities of its text the second reader is asked about a plate. Measured on rendered plates: of those below
# it makes 1 % of all reads right, above it does harm, and what is nearly impossible is seldom legible at all.
ASKED_FROM, ASKED_BELOW = 0.003, 0.35
# No picture holds more plates than this; the most certain are read.
MOST_PLATES = 24
# 0 would say that the engine does not tell.
LEAST_PROBABILITY = 1e-6
# What counts for a plate, in natural logarithms of odds: the detector's score, each character up to so many, and how probable
# the text is. Of 300 street frames without plates six tell one; 0.3 % of the exact reads of rendered plates are lost by it.
PER_CHARACTER, MOST_COUNTED, OF_TEXT, LEAST_BELIEF = 0.3, 6, 0.3, 1.5
# What the detector gives at least this score is read; score and text together then tell whether it is a plate.
READ = 0.5
REDUCTIONS: tuple[Reduction, ...] = (4, 2, 1)


class NetworksEngine:
    """One thread."""

    def __init__(self, detector: Network, reader: Network) -> None:
        """Raises NetworkBroken."""
        cv2.setNumThreads(1)
        self._detector, self._reader = PlateDetector(detector), PlateReader(reader)
        self._identity = identity(detector, reader)

    @property
    def identity(self) -> EngineIdentity:
        """Which engine this is."""
        return self._identity

    def read(self, picture: Picture) -> tuple[TextBox, ...]:
        """The plates of a picture."""
        found = self._found(picture)
        if not found:
            return ()
        is_whole = first_reduction(picture.width_px, picture.height_px) == 1
        reduction: Reduction = 1 if is_whole or min(map(_width_px, found)) < NARROW_PX else 2
        pixels = picture.pixels(reduction)
        # Corners lie between pixels; to OpenCV the middle of the first pixel is 0.
        quads = [np.asarray(one.corners / reduction - 0.5, np.float32) for one in found]
        texts = self._reader.read(pixels, quads, self._detector.alone)
        together = zip(found, quads, texts, strict=True)
        return tuple(_text_box(one, at, text, pixels) for one, at, text in together if is_plate(one.score, text))

    def _found(self, picture: Picture) -> Sequence[Detection]:
        """From a large picture's smaller self first, where that has all that the detector looks at."""
        size = picture.width_px, picture.height_px
        reduction = first_reduction(*size)
        found = self._detector.detect(picture.pixels(reduction), 1 / reduction, READ)
        if tiles(found, size):
            found = self._detector.second_look(picture.pixels(), found, READ)
        return found[:MOST_PLATES]


def first_reduction(width_px: int, height_px: int) -> Reduction:
    """The smallest size to decode that is no smaller than what the detector looks at; whole where that is cheap."""
    if width_px * height_px <= WHOLE_AT_ONCE_PX:
        return 1
    _, _, scale = canvas_of(width_px, height_px)
    return next((by for by in REDUCTIONS if 1 / by >= scale), 1)


def is_plate(score: float, text: PlateText) -> bool:
    """Whether something is a plate, by what the detector makes of it and whether the reader finds a plate's worth of text."""
    belief = math.log(max(score, LEAST_PROBABILITY) / max(1 - score, LEAST_PROBABILITY))
    belief += PER_CHARACTER * min(len(text.text), MOST_COUNTED) + OF_TEXT * math.log(max(text.given, LEAST_PROBABILITY))
    return 0 < len(text.text) <= MAX_CHARACTERS and belief >= LEAST_BELIEF


def identity(detector: Network, reader: Network) -> EngineIdentity:
    """Versions of both, and one digest over the digests of their files."""
    version = f"detector {detector.version}, reader {reader.version}"
    both = hashlib.sha256(bytes.fromhex(detector.sha256 + reader.sha256)).hexdigest()
    return EngineIdentity(NAME, version, both)


def _width_px(found: Detection) -> float:
    upper, _, lower, _ = edges(found.corners)
    return float(upper + lower) / 2


def _text_box(found: Detection, at: Quad, text: PlateText, pixels: Pixels) -> TextBox:
    """at: its corners in these pixels."""
    two_lines = text.layout is Layout.TWO_LINES
    return TextBox(
        raw=text.text,
        positions=text.positions,
        corners=quad.of(found.corners),
        colour=colour.classify(rectified(pixels, at)[::2, ::2]),  # every other pixel tells the same in half the time
        layout=text.layout,
        is_plate=True,
        probability=max(text.probability, LEAST_PROBABILITY),
        countries=text.countries,
        strips=strips(pixels, at, two_lines=two_lines) if ASKED_FROM <= text.given < ASKED_BELOW else (),
    )
