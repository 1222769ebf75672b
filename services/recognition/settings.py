"""Settings of recognition, from the environment."""

from dataclasses import dataclass
from pathlib import Path

from services.recognition.environment import MODELS, PYTHON
from services.recognition.worker import ENGINES


@dataclass(frozen=True, slots=True)
class Settings:
    """One process of recognition.

    listen, metrics_listen: host:port.
    engine: `paddleocr`, or `standin` in chaos and load runs. workers: engine processes, one thread and
    about 600 MB each. waiting: pictures that may wait for a worker. picture_timeout_s: after which a worker is given up.
    paddle_python, models_dir: the Paddle environment's interpreter and models, where `make setup` puts them by default.
    """

    listen: str
    metrics_listen: str = ""
    region: str = "local"
    zone: str = "local"
    engine: str = "paddleocr"
    workers: int = 1
    waiting: int = 8
    picture_timeout_s: float = 7.0
    start_timeout_s: float = 180.0
    drain_s: float = 5.0
    paddle_python: Path = PYTHON
    models_dir: Path = MODELS

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ValueError(f"ANPR_ENGINE is one of {', '.join(sorted(ENGINES))}")
        if self.workers < 1 or self.waiting < 1:
            raise ValueError("ANPR_WORKERS and ANPR_WAITING are at least 1")
        if min(self.picture_timeout_s, self.start_timeout_s) <= 0 or self.drain_s < 0:
            raise ValueError("times are seconds, more than none")
