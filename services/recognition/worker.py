"""A worker process: one engine, one picture at a time, until its service is gone.

    python -m services.recognition.worker paddleocr MODELS

Standard input and output are taken away before the engine loads, so that a library that prints cannot garble answers.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import numpy as np

from services.common import raster
from services.recognition import pipe
from services.recognition.engine import Engine
from services.recognition.reading import Seen

PARENT = "ANPR_WORKER_PARENT"
PR_SET_PDEATHSIG = 1
WARM_UP_PX = (64, 256, 3)


def main(arguments: list[str]) -> int:
    """Serves the engine named by the first argument with the models in the folder that the second one names."""
    live_no_longer_than_parent()
    requests, answers = take_pipes()
    name, models = arguments
    serve(ENGINES[name](Path(models)), requests, answers)
    return 0


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes to the service. Reading standard input gives nothing from here on, and what is printed goes to stderr."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, answers


def live_no_longer_than_parent() -> None:
    """Dies with the service even when that is killed, and leaves Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.environ.get(PARENT, str(os.getppid())) != str(os.getppid()):
        sys.exit(0)  # the service died before the line above


def serve(engine: Engine, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers pictures until the other side closes the pipe."""
    engine.read(np.zeros(WARM_UP_PX, np.uint8))
    try:
        pipe.send(answers, pipe.encode(pipe.Ready(engine.identity)))
        while True:
            content = pipe.receive(requests)
            pipe.send(answers, pipe.encode(answer(engine, content)))
    except (EOFError, BrokenPipeError):
        return


def answer(engine: Engine, content: bytes) -> pipe.Answer:
    """What the engine sees in an encoded picture, or why not."""
    try:
        pixels = raster.decode(content)
    except raster.TooLarge as cause:
        return pipe.Rejected(str(cause), is_too_large=True)
    except raster.Unreadable as cause:
        return pipe.Rejected(str(cause), is_too_large=False)
    try:
        boxes = engine.read(pixels)
    except Exception as cause:  # noqa: BLE001 - the edge of the process: a picture must not cost seconds of a new worker
        return pipe.Failed(type(cause).__name__)
    height_px, width_px = pixels.shape[:2]
    return Seen(width_px, height_px, boxes)


def _paddle(models: Path) -> Engine:
    # ONNX Runtime sends usage data to its vendor from Linux too since 1.29, and keeps a device id in HOME. PaddleOCR
    # looks for models on the network, and makes scratch folders in HOME.
    os.environ |= {"ORT_DISABLE_TELEMETRY": "1", "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"}
    os.environ["PADDLE_PDX_CACHE_HOME"] = str(models.parent / "cache")
    from services.recognition.engine_paddle import PaddleEngine  # noqa: PLC0415 - exists only in the Paddle environment

    return PaddleEngine(models)


def _stand_in(_: Path) -> Engine:
    from services.recognition.engine_standin import StandInEngine  # noqa: PLC0415 - not beside a real engine

    return StandInEngine()


ENGINES: Mapping[str, Callable[[Path], Engine]] = MappingProxyType({"paddleocr": _paddle, "standin": _stand_in})

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
