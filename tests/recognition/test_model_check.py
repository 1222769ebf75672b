"""Networks that load, and would fail on the first plate."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from services.recognition.alphabet import CHARACTERS, CLASSES, COLUMNS, COUNTRIES
from services.recognition.environment import worker_command
from services.recognition.model_check import verify_detector, verify_reader
from services.recognition.network import Network, NetworkBroken
from services.recognition.worker_process import WorkerGone, WorkerProcess
from tests.recognition.test_engine_networks import MODELS

Answers = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Told:
    """A network that answers what it is told."""

    answer: Callable[[NDArray[np.uint8]], Answers]
    metadata: dict[str, Any] = field(default_factory=dict)

    def run(self, pixels: NDArray[np.uint8]) -> Answers:
        return self.answer(pixels)


def grids(pixels: NDArray[np.uint8], channels: int = 9) -> Answers:
    _, height, width, _ = pixels.shape
    return {f"p{by}": np.zeros((1, channels, height // by, width // by), np.float32) for by in (8, 16)}


def reads(
    pixels: NDArray[np.uint8], classes: int = CLASSES, countries: int = len(COUNTRIES), fill: float = 0
) -> Answers:
    shapes = {"characters": (COLUMNS, classes), "country": (countries,), "layout": (2,)}
    return {name: np.full((len(pixels), *shape), fill, np.float32) for name, shape in shapes.items()}


def raises(pixels: NDArray[np.uint8]) -> Answers:
    raise RuntimeError("a runtime's own")


def told(answer: Callable[[NDArray[np.uint8]], Answers], **metadata: object) -> Network:
    return cast(Network, Told(answer, metadata))


def test_what_answers_as_it_should_is_taken() -> None:
    verify_detector(told(grids))
    verify_reader(told(reads))
    verify_reader(told(reads, characters=CHARACTERS, countries=list(COUNTRIES)))


@pytest.mark.parametrize(
    "answer",
    [raises, lambda _: {}, lambda pixels: grids(pixels, 5), lambda _: grids(np.zeros((1, 384, 640, 3), np.uint8))],
    ids=["raises", "other names", "other channels", "one canvas only"],
)
def test_a_detector_that_answers_something_else_is_refused(answer: Callable[[NDArray[np.uint8]], Answers]) -> None:
    with pytest.raises(NetworkBroken):
        verify_detector(told(answer))


@pytest.mark.parametrize(
    "answer",
    [
        raises,
        grids,
        lambda pixels: reads(pixels, classes=CLASSES + 1),
        lambda pixels: reads(pixels, countries=90),
        lambda pixels: reads(pixels[:1]),
        lambda pixels: reads(pixels, fill=float("nan")),
        lambda pixels: reads(pixels, fill=float("inf")),
    ],
    ids=["raises", "a detector", "classes", "countries", "one plate only", "nan", "infinite"],
)
def test_a_reader_that_answers_something_else_is_refused(answer: Callable[[NDArray[np.uint8]], Answers]) -> None:
    with pytest.raises(NetworkBroken):
        verify_reader(told(answer))


def test_a_reader_of_other_characters_is_refused() -> None:
    for metadata in ({"characters": CHARACTERS[::-1]}, {"countries": ["BE", "NL"]}):
        with pytest.raises(NetworkBroken, match="trained for other"):
            verify_reader(told(reads, **metadata))


@pytest.mark.parametrize("models", [(MODELS[0], MODELS[0]), (MODELS[1], MODELS[1]), MODELS[::-1]])
async def test_a_worker_with_one_network_in_the_place_of_the_other_does_not_come_up(
    models: tuple[bytes, bytes],
) -> None:
    with pytest.raises(WorkerGone, match="NetworkBroken: the network "):
        await WorkerProcess.start(replace(worker_command(), models=models), timeout_s=60)
