"""From a checkpoint to the file that the product loads: averaged weights, ONNX, with what a reader of the file must know.

python -m services.recognition.training.export reader RUN_OR_CHECKPOINT reader.onnx --version 1 --notes notes.json
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from services.recognition.alphabet import CHARACTERS, COUNTRIES, READER_HEIGHT_PX, READER_WIDTH_PX
from services.recognition.detection import UNIT
from services.recognition.network import METADATA
from services.recognition.training import checkpoint
from services.recognition.training.blocks import centred
from services.recognition.training.detector_network import STRIDES, DetectorNetwork
from services.recognition.training.reader_network import ReaderNetwork

OPSET = 17
DETECTOR_SIZE_PX = (384, 640)


class Deployed(nn.Module):
    """A network that takes pictures as they come: uint8, N x height x width x 3, BGR."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Any:
        return self.network(centred(pixels))


def export_reader(weights: "dict[str, Tensor]", file: Path, facts: "dict[str, Any]") -> None:
    """Any number of plates at once."""
    pixels = torch.zeros(2, READER_HEIGHT_PX, READER_WIDTH_PX, 3, dtype=torch.uint8)
    axes = {name: {0: "plates"} for name in ("pixels", "characters", "country", "layout")}
    _export(_deployed(ReaderNetwork(), weights), pixels, axes, file)
    _describe(file, {"kind": "reader", "characters": CHARACTERS, "countries": COUNTRIES, **facts})


def export_detector(weights: "dict[str, Tensor]", file: Path, facts: "dict[str, Any]") -> None:
    """One picture at a time, of any size in multiples of 32."""
    pixels = torch.zeros(1, *DETECTOR_SIZE_PX, 3, dtype=torch.uint8)
    axes = {
        "pixels": {1: "height", 2: "width"},
        "p8": {2: "rows8", 3: "columns8"},
        "p16": {2: "rows16", 3: "columns16"},
    }
    _export(_deployed(DetectorNetwork(), weights), pixels, axes, file)
    _describe(file, {"kind": "detector", "strides": STRIDES, "unit": UNIT, **facts})


def _deployed(network: nn.Module, weights: "dict[str, Tensor]") -> nn.Module:
    network.load_state_dict(weights)
    return Deployed(network).eval()


def _export(network: nn.Module, pixels: Tensor, axes: "dict[str, dict[int, str]]", file: Path) -> None:
    """axes: which sizes may change, by name; the input comes first, the outputs in their order."""
    first, *others = axes
    torch.onnx.export(
        network,
        (pixels,),
        str(file),
        input_names=[first],
        output_names=others,
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )


def _describe(file: Path, facts: "dict[str, Any]") -> None:
    model = onnx.load(str(file))
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {METADATA: json.dumps(facts, sort_keys=True)})
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def main(arguments: list[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(prog="export", description="Exports the averaged weights of a checkpoint.")
    parser.add_argument("kind", choices=("reader", "detector"))
    parser.add_argument("checkpoint", type=Path, help="checkpoint, or folder of a run")
    parser.add_argument("file", type=Path)
    parser.add_argument("--version", default="0")
    parser.add_argument("--notes", type=Path, default=None, help="JSON object that goes into the file's properties")
    options = parser.parse_args(arguments)
    source = options.checkpoint / checkpoint.LATEST if options.checkpoint.is_dir() else options.checkpoint
    notes = json.loads(options.notes.read_text()) if options.notes else {}
    facts = {"version": options.version, **notes}
    export = {"reader": export_reader, "detector": export_detector}[options.kind]
    export(checkpoint.average_of(source), options.file, facts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
