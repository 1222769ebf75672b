"""Fits what makes the reader's probabilities believable, on drawn plates that neither training nor the reported sets hold.

    python -m services.recognition.training.calibrate --models DIR --notes notes.json

First the temperature, on the likelihood of texts; then, with it, the curve for whole texts as the product reports them. Both are
added to the notes (a JSON object, made when missing), which `export --notes` puts into the model file.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from services.recognition import beam, calibration, environment
from services.recognition.alphabet import BLANK, CHARACTERS
from services.recognition.calibration import Isotonic
from services.recognition.network import Network
from services.recognition.training import evaluate, golden
from services.recognition.training.golden import Size
from services.recognition.training.render import crop

SEED = golden.SEED + 1
CROPS, LEAST_GIVEN = 600, 1e-4


def main(arguments: Sequence[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(prog="calibrate", description="Fits the reader's temperature and its curve.")
    parser.add_argument("--models", type=Path, default=environment.MODELS)
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--per-group", type=int, default=golden.PER_GROUP[Size.CALIBRATION])
    options = parser.parse_args(arguments)
    detector, reader = (Network(content) for content in environment.model_files(options.models))
    notes: dict[str, Any] = json.loads(options.notes.read_text()) if options.notes.exists() else {}
    notes["temperature"] = round(temperature(reader), 4)
    curve = fitted(detector, reader, notes["temperature"], options.per_group)
    notes["calibration"] = {
        "knots": [round(knot, 6) for knot in curve.knots],
        "values": [round(value, 6) for value in curve.values],
    }
    options.notes.write_text(json.dumps(notes, indent=1) + "\n")
    return 0


def temperature(reader: Network) -> float:
    """Of the reader's classes, so that the texts of plates that are fed to it one by one are the least surprising."""
    some = [
        one for one in islice(crop.samples(np.random.default_rng([SEED])), CROPS) if one.text and not one.is_fed_wrong
    ]
    logits = np.concatenate([reader.run(one.pixels[np.newaxis])["characters"] for one in some])
    texts = [tuple(map(CHARACTERS.index, one.text)) for one in some]

    def surprise(divisor: float) -> float:
        columns = beam.softmax(logits, divisor)
        given = [beam.probability(one, text, BLANK) for one, text in zip(columns, texts, strict=True)]
        # A text that the reader is sure not to see, under dirt, must not outweigh all others.
        return float(-np.log(np.maximum(given, LEAST_GIVEN)).mean())

    return calibration.least_surprising(surprise)


def fitted(detector: Network, reader: Network, at_temperature: float, per_group: int) -> Isotonic:
    """The curve from what the product, with this temperature and no curve, says of a text to how often it is right."""
    reader.metadata = {**reader.metadata, "temperature": at_temperature, "calibration": None}
    samples = (picture.sample() for picture in golden.pictures(Size.CALIBRATION, per_group))
    found = [one for one in evaluate.evaluated(samples, evaluate.product(detector, reader)).outcomes if one.read]
    return calibration.isotonic([one.confidence for one in found], [one.is_exact for one in found])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
