"""Where the engines and their models live, and how a worker of each engine is started."""

import sys
from pathlib import Path

from services.common.errors import Unavailable
from services.recognition.pipe import MAX_MESSAGE_BYTES
from services.recognition.worker import ENGINES
from services.recognition.worker_process import ROOT, WorkerCommand

MODELS = Path(__file__).with_name("models")
DETECTOR, READER = "detector.onnx", "reader.onnx"
# Beside the project's own environment.
PADDLE = ROOT / ".venv-paddle"
PADDLE_PYTHON = PADDLE / "bin" / "python"
PADDLE_MODELS = PADDLE / "models"
LINES = "paddleocr-reader"


class EngineMissing(Unavailable):
    """The engine's program or models are not installed."""


def worker_command(
    engine: str = "networks",
    *,
    models: Path = MODELS,
    provider: str = "cpu",
    paddle_python: Path = PADDLE_PYTHON,
    paddle_models: Path = PADDLE_MODELS,
) -> WorkerCommand:
    """How a worker with this engine is started. Raises EngineMissing when it is not installed, ValueError for no engine."""
    if engine not in ENGINES:
        raise ValueError(f"engine is one of {', '.join(sorted(ENGINES))}")
    module = ("-m", "services.recognition.worker", engine)
    match engine:
        case "networks":
            return WorkerCommand((sys.executable, *module, provider), models=model_files(models))
        case "standin":
            return WorkerCommand((sys.executable, *module, "-"))
    if not has_paddle(paddle_python, paddle_models):
        raise EngineMissing("the Paddle environment is not installed: run make setup")
    return WorkerCommand((str(paddle_python), *module, str(paddle_models)))


def model_files(folder: Path) -> tuple[bytes, bytes]:
    """The contents of the detector's and the reader's file. Raises EngineMissing when one cannot be read, or is too large."""
    try:
        return _content(folder / DETECTOR), _content(folder / READER)
    except OSError as cause:
        raise EngineMissing(f"no {DETECTOR} and {READER} can be read in the folder of the models") from cause


def _content(file: Path) -> bytes:
    """Of what is a file: to open a pipe may take for ever, and a device may have no end."""
    if not file.is_file():
        raise FileNotFoundError(file)
    with file.open("rb") as stream:
        content = stream.read(MAX_MESSAGE_BYTES + 1)
    if len(content) > MAX_MESSAGE_BYTES:
        raise EngineMissing(f"{file.name} has more than {MAX_MESSAGE_BYTES} bytes")
    return content


def has_paddle(python: Path = PADDLE_PYTHON, models: Path = PADDLE_MODELS) -> bool:
    """Whether the Paddle environment is installed."""
    return python.exists() and models.is_dir()
