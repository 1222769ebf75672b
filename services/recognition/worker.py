"""A worker process: one engine, one picture at a time, until its service is gone.

    python -m services.recognition.worker networks cpu
    python -m services.recognition.worker paddleocr MODELS

Standard input and output are taken away before the engine loads, so that a library that prints cannot garble answers.
"""

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import numpy as np

from services.common import raster
from services.common.raster import Picture
from services.recognition import pipe
from services.recognition.engine import Engine
from services.recognition.reading import Seen

PARENT = "ANPR_WORKER_PARENT"
PR_SET_PDEATHSIG = 1
WARM_UP_PX = (64, 256, 3)


def main(arguments: list[str]) -> int:
    """Serves the engine that the first argument names; the second one is for the engine."""
    live_no_longer_than_parent()
    requests, answers = take_pipes()
    name, argument = arguments
    serve(ENGINES[name](argument, requests), requests, answers)
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
    engine.read(Picture.of(np.zeros(WARM_UP_PX, np.uint8)))
    gc.freeze()  # what is there now stays, and need not be looked through again and again
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
        picture = Picture(content)
        boxes = engine.read(picture)
    except raster.TooLarge as cause:
        return pipe.Rejected(str(cause), is_too_large=True)
    except raster.Unreadable as cause:
        return pipe.Rejected(str(cause), is_too_large=False)
    except Exception as cause:  # noqa: BLE001 - the edge of the process: a picture must not cost seconds of a new worker
        return pipe.Failed(type(cause).__name__)
    return Seen(picture.width_px, picture.height_px, boxes)


def _networks(provider: str, requests: BinaryIO) -> Engine:
    _without_telemetry()
    # Not beside another engine: the Paddle environment has neither.
    from services.recognition.engine_networks import NetworksEngine  # noqa: PLC0415
    from services.recognition.model_check import verify_detector, verify_reader  # noqa: PLC0415
    from services.recognition.network import Network  # noqa: PLC0415

    detector, reader = (Network(pipe.receive(requests), provider) for _ in range(2))
    verify_detector(detector)
    verify_reader(reader)
    return NetworksEngine(detector, reader)


def _paddle(models: str, _: BinaryIO) -> Engine:
    _prepare_paddle(Path(models))
    from services.recognition.engine_paddle import PaddleEngine  # noqa: PLC0415 - exists only in the Paddle environment

    return PaddleEngine(Path(models))


def _paddle_reader(models: str, _: BinaryIO) -> Engine:
    _prepare_paddle(Path(models))
    from services.recognition.engine_paddle_reader import PaddleReader  # noqa: PLC0415 - as above

    return PaddleReader(Path(models))


def _stand_in(_: str, __: BinaryIO) -> Engine:
    from services.recognition.engine_standin import StandInEngine  # noqa: PLC0415 - not beside a real engine

    return StandInEngine()


def _without_telemetry() -> None:
    """ONNX Runtime sends usage data to its vendor from Linux too since 1.29, and keeps a device id in HOME."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def _prepare_paddle(models: Path) -> None:
    """PaddleOCR looks for models on the network, and makes scratch folders in HOME."""
    _without_telemetry()
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
    os.environ["PADDLE_PDX_CACHE_HOME"] = str(models.parent / "cache")


# Made from what the command names (a provider, or a folder with models) and what comes over the pipe first.
ENGINES: Mapping[str, Callable[[str, BinaryIO], Engine]] = MappingProxyType(
    {"networks": _networks, "paddleocr": _paddle, "paddleocr-reader": _paddle_reader, "standin": _stand_in}
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
