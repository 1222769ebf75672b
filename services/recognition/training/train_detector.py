"""Trains the detector on crops of licensed frames with rendered plates in them."""

import argparse
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from services.recognition.training import loop
from services.recognition.training.blocks import centred
from services.recognition.training.detector_loss import Cells, Truth, detector_loss
from services.recognition.training.detector_network import DetectorNetwork
from services.recognition.training.scenes import Scenes

VALIDATION_BATCHES = 12

Batch = tuple[Tensor, list[Truth]]


class Batches(IterableDataset[Batch]):
    """One batch for each step from `first` on; a step's batch depends on seed and step alone."""

    def __init__(self, scenes: Scenes, options: argparse.Namespace, first: int) -> None:
        self._scenes, self._options, self._first = scenes, options, first

    def __iter__(self) -> Iterator[Batch]:
        for step in itertools.count(self._first):
            yield self._of(step)

    def _of(self, step: int) -> Batch:
        random = np.random.default_rng([self._options.seed, step])
        drawn = [
            self._scenes.sample(random, (self._options.width, self._options.height)) for _ in range(self._options.batch)
        ]
        pictures = torch.from_numpy(np.stack([pixels for pixels, _, _ in drawn]))
        return pictures, [Truth(quads, exactness.astype(np.float32)) for _, quads, exactness in drawn]


class DetectorTask:
    """Batches from a process of their own, and the loss on scenes that are never trained on."""

    def __init__(self, options: argparse.Namespace, network: DetectorNetwork, first_step: int) -> None:
        self._options, self._network = options, network
        self._cells = Cells(options.height, options.width)
        batches = Batches(Scenes(options.data, negatives=options.negatives), options, first_step)
        self._batches = iter(DataLoader(batches, batch_size=None, num_workers=options.feeders))
        self._validation = list(
            itertools.islice(Batches(Scenes(options.data, "validation"), options, 0), VALIDATION_BATCHES)
        )
        self._copy = DetectorNetwork()

    def loss(self, _: int) -> tuple[Tensor, Mapping[str, float]]:
        """Of the next batch, which is that of this step."""
        pictures, truths = next(self._batches)
        return self._of(self._network, pictures, truths)

    def look(self, weights: Mapping[str, Tensor]) -> Mapping[str, float]:
        """The parts of the loss on scenes of other drives. `detector_evaluation` has the figures that count."""
        self._copy.load_state_dict(dict(weights))
        self._copy.eval()
        with torch.inference_mode():
            parts = [self._of(self._copy, *batch)[1] for batch in self._validation]
        return {f"validation_{name}": float(np.mean([part[name] for part in parts])) for name in parts[0]}

    def _of(
        self, network: DetectorNetwork, pictures: Tensor, truths: list[Truth]
    ) -> tuple[Tensor, Mapping[str, float]]:
        pixels = centred(pictures).contiguous(memory_format=torch.channels_last)
        answer = detector_loss(network(pixels), truths, self._cells)
        parts = {"score": answer.score, "box": answer.box, "corner": answer.corner}
        return answer.total, {name: float(value.detach()) for name, value in parts.items()}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, default=None, help="folder of licensed frames with boxes.jsonl; none: procedural"
    )
    parser.add_argument("--negatives", type=Path, default=None, help="what `negatives` found that looks like plates")
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=192)
    parser.add_argument("--feeders", type=int, default=1, help="processes that make batches")


def main(options: argparse.Namespace) -> None:
    """Trains until the schedule or the time is over."""
    training = loop.begun(DetectorNetwork(), 0.01, options)
    loop.run(training, DetectorTask(options, training.network, training.step), options)
