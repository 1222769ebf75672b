"""Where the engines live: the Paddle environment beside the project's own, and how a worker of each engine is started."""

import sys
from pathlib import Path

from services.common.errors import Unavailable
from services.recognition.worker import ENGINES
from services.recognition.worker_process import ROOT, WorkerCommand

PADDLE = ROOT / ".venv-paddle"
PYTHON = PADDLE / "bin" / "python"
MODELS = PADDLE / "models"


class EngineMissing(Unavailable):
    """The engine's program or models are not installed."""


def worker_command(engine: str, *, python: Path = PYTHON, models: Path = MODELS) -> WorkerCommand:
    """How a worker with this engine is started. Raises EngineMissing when it is not installed, ValueError for no engine."""
    if engine not in ENGINES:
        raise ValueError(f"engine is one of {', '.join(sorted(ENGINES))}")
    module = ("-m", "services.recognition.worker", engine, str(models))
    if engine == "standin":
        return WorkerCommand((sys.executable, *module))
    if not python.exists() or not models.is_dir():
        raise EngineMissing("the Paddle environment is not installed: run make setup")
    return WorkerCommand((str(python), *module))
