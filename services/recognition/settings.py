"""Settings of recognition, from the environment."""

from dataclasses import dataclass
from pathlib import Path

from services.recognition.environment import MODELS, PADDLE_MODELS, PADDLE_PYTHON
from services.recognition.providers import PROVIDERS

ENGINES_FOR_FRAMES = ("networks", "paddleocr", "standin")
SECOND_READERS = ("", "paddleocr")


@dataclass(frozen=True, slots=True)
class Settings:
    """One process of recognition.

    listen, metrics_listen: host:port.
    engine: `networks`, our own; `paddleocr`; or `standin` in chaos and load runs. workers: engine processes, one thread each.
    waiting: pictures that may wait for a worker. picture_timeout_s: after which a worker is given up.
    models_dir: detector.onnx and reader.onnx; new files there are taken over while the service runs. provider: `cpu`, `cuda` or
    `openvino`, what ONNX Runtime runs them on.
    second_reader: `paddleocr`, or empty for none; it is asked about plates that our own reader is not sure of, and its answer
    counts when it comes within second_timeout_s.
    paddle_python, paddle_models_dir: the Paddle environment's interpreter and models, where `make setup` puts them by default.
    """

    listen: str
    metrics_listen: str = ""
    region: str = "local"
    zone: str = "local"
    engine: str = "networks"
    workers: int = 1
    waiting: int = 8
    picture_timeout_s: float = 7.0
    start_timeout_s: float = 180.0
    drain_s: float = 5.0
    models_dir: Path = MODELS
    provider: str = "cpu"
    second_reader: str = ""
    second_timeout_s: float = 1.0
    paddle_python: Path = PADDLE_PYTHON
    paddle_models_dir: Path = PADDLE_MODELS

    def __post_init__(self) -> None:
        for name, value, known in (
            ("ANPR_ENGINE", self.engine, ENGINES_FOR_FRAMES),
            ("ANPR_PROVIDER", self.provider, PROVIDERS),
            ("ANPR_SECOND_READER", self.second_reader, SECOND_READERS),
        ):
            if value not in known:
                raise ValueError(f"{name} is one of {', '.join(word or '(empty)' for word in known)}")
        if self.workers < 1 or self.waiting < 1:
            raise ValueError("ANPR_WORKERS and ANPR_WAITING are at least 1")
        if min(self.picture_timeout_s, self.start_timeout_s, self.second_timeout_s) <= 0 or self.drain_s < 0:
            raise ValueError("times are seconds, more than none")
