"""What networks must answer before a picture is trusted to them. The warm-up shows no plate, so it asks the reader nothing."""

from collections.abc import Mapping

import numpy as np

from services.recognition.alphabet import (
    CHARACTERS,
    CLASSES,
    COLUMNS,
    COUNTRIES,
    READER_HEIGHT_PX,
    READER_WIDTH_PX,
)
from services.recognition.detection import STRIDES
from services.recognition.engine_networks import MOST_PLATES
from services.recognition.network import Network, NetworkBroken

# Height and width of two of the canvases that the detector is shown.
CANVASES = ((384, 640), (640, 384))
# A logit, then x and y of four corners.
GRID_CHANNELS = 9
LAYOUTS = 2


def verify_detector(network: Network) -> None:
    """Raises NetworkBroken unless it answers canvases of different shapes with its grids."""
    for height, width in CANVASES:
        grids = {name: (1, GRID_CHANNELS, height // stride, width // stride) for name, stride in STRIDES.items()}
        _verify_answers(network, (1, height, width, 3), grids)


def verify_reader(network: Network) -> None:
    """Raises NetworkBroken unless it knows our characters and countries, and answers for one plate and for the most there are."""
    told = network.metadata
    if told.get("characters", CHARACTERS) != CHARACTERS or tuple(told.get("countries") or COUNTRIES) != COUNTRIES:
        raise NetworkBroken("the network was trained for other characters or countries")
    for plates in (1, MOST_PLATES):
        shapes = {
            "characters": (plates, COLUMNS, CLASSES),
            "country": (plates, len(COUNTRIES)),
            "layout": (plates, LAYOUTS),
        }
        _verify_answers(network, (plates, READER_HEIGHT_PX, READER_WIDTH_PX, 3), shapes)


def _verify_answers(network: Network, pixels: tuple[int, ...], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """By name; other answers are nobody's concern."""
    try:
        answers = network.run(np.resize(np.arange(251, dtype=np.uint8), pixels))
    except Exception as cause:  # ONNX Runtime's exceptions have no base of their own
        raise NetworkBroken(f"the network cannot be run on pixels of shape {pixels}") from cause
    for name, shape in shapes.items():
        answer = answers.get(name)
        if answer is None or answer.shape != shape or not np.isfinite(answer).all():
            raise NetworkBroken(f"the network does not answer {name} with numbers of shape {shape}")
