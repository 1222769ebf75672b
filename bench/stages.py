"""CPU time of the steps of a read, in a process with a worker's environment. Frames on standard input, JSON on the output.

    python -m bench.stages ROUNDS

For each step the milliseconds of CPU a frame (for the reader a plate), of each round; and the memory that all of it holds.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before ONNX Runtime is imported

import cv2
import numpy as np

from services.common import raster
from services.common.raster import Picture
from services.recognition import pipe
from services.recognition.detector import PlateDetector
from services.recognition.engine_networks import READ, first_reduction
from services.recognition.environment import MODELS, model_files
from services.recognition.network import Network
from services.recognition.reader import PlateReader

MEBIBYTE_KIB = 1024


def main(rounds: int) -> None:
    """Reads frames until the end of the input."""
    cv2.setNumThreads(1)
    frames = _frames()
    networks = map(Network, model_files(MODELS))
    detector, reader = PlateDetector(next(networks)), PlateReader(next(networks))
    first = Picture(frames[0])
    reduction = first_reduction(first.width_px, first.height_px)
    seen, whole = ([Picture(frame).pixels(by) for frame in frames] for by in (reduction, 1))
    found = [detector.detect(pixels, 1 / reduction, READ)[:2] for pixels in seen]
    plates = sum(map(len, found)) or 1

    def read() -> None:
        for pixels, some in zip(whole, found, strict=True):
            reader.read(pixels, [one.corners - np.float32(0.5) for one in some], detector.alone)

    steps: Mapping[str, tuple[Callable[[], object], int]] = {
        "decode": (lambda: [Picture(frame).pixels(reduction) for frame in frames], len(frames)),
        "pillow": (lambda: [raster.decode(frame) for frame in frames], len(frames)),
        "detect": (lambda: [detector.detect(pixels, 1 / reduction, READ) for pixels in seen], len(frames)),
        "read": (read, plates),
    }
    measured = {name: _milliseconds(step, items, rounds) for name, (step, items) in steps.items()}
    memory = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE_KIB]
    sys.stdout.write(json.dumps({**measured, "memory": memory}))


def _frames() -> Sequence[bytes]:
    found = []
    try:
        while True:
            found.append(pipe.receive(sys.stdin.buffer))
    except EOFError:
        return found


def _milliseconds(step: Callable[[], object], items: int, rounds: int) -> list[float]:
    step()
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        step()
        spent.append((time.process_time() - began) * 1e3 / items)
    return spent


if __name__ == "__main__":
    main(int(sys.argv[1]))
