"""Trains the reader on rendered shards, which `shards` makes in another process meanwhile."""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from services.recognition import beam
from services.recognition.alphabet import BLANK, CHARACTERS
from services.recognition.training import loop, shards
from services.recognition.training.blocks import centred
from services.recognition.training.reader_loss import ReaderTruth, reader_loss
from services.recognition.training.reader_network import ReaderNetwork
from services.recognition.training.shard_pool import ShardPool
from services.recognition.training.shards import Shard

REFRESH_EVERY = 100
# The weight of columns falls over this many steps.
COLUMN_STEPS = 6000
MOST_VALIDATION = 4000


class ReaderTask:
    """Batches, and figures on shards that are never trained on."""

    def __init__(self, options: argparse.Namespace, network: ReaderNetwork) -> None:
        self._options, self._network = options, network
        self._pool = ShardPool(options.shards, options.shards_in_memory)
        self._real = ShardPool(options.real_shards, options.shards_in_memory) if options.real_shards else None
        unseen = shards.joined([shards.read(file) for file in shards.kept(options.validation)])
        self._validation = unseen.chosen(range(min(MOST_VALIDATION, len(unseen.texts))))
        self._copy = ReaderNetwork()
        self._refresh()

    def loss(self, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Of the batch of a step; the same step draws the same places."""
        if step % REFRESH_EVERY == 0:
            self._refresh()
        random = np.random.default_rng([self._options.seed, step])
        batch = self._batch(random)
        pixels = _varied(centred(torch.from_numpy(batch.pixels)), random)
        answer = reader_loss(self._network(pixels.contiguous(memory_format=torch.channels_last)), _truth(batch))
        parts = {"column": answer.column, "ctc": answer.ctc, "country": answer.country, "layout": answer.layout}
        return answer.total(step / COLUMN_STEPS), {name: float(value.detach()) for name, value in parts.items()}

    def look(self, weights: Mapping[str, Tensor]) -> Mapping[str, float]:
        """Shares of validation samples that are right: whole texts, countries and layouts."""
        self._copy.load_state_dict(dict(weights))
        self._copy.eval()
        return figures(self._copy, self._validation)

    def _refresh(self) -> None:
        self._pool.refresh()
        if self._real:
            self._real.refresh()

    def _batch(self, random: np.random.Generator) -> Shard:
        if not self._real:
            return self._pool.draw(random, self._options.batch)
        real = max(1, round(self._options.batch * self._options.real_share))
        return shards.joined([self._pool.draw(random, self._options.batch - real), self._real.draw(random, real)])


def figures(network: ReaderNetwork, samples: Shard, batch: int = 200) -> dict[str, float]:
    """exact: whole texts of readable samples; country: of those that name one."""
    exact, country, layout = [], [], []
    with torch.inference_mode():
        for start in range(0, len(samples.texts), batch):
            part = samples.chosen(range(start, min(start + batch, len(samples.texts))))
            characters, countries, layouts = network(centred(torch.from_numpy(part.pixels)))
            read = [_text(columns) for columns in characters.numpy()]
            told = zip(read, part.texts, part.is_fed_wrong, strict=True)
            exact += [one == text for one, text, is_fed_wrong in told if text and not is_fed_wrong]
            country += (countries.argmax(-1).numpy() == part.country)[part.country > 0].tolist()
            layout += (layouts.argmax(-1).numpy() == part.layout).tolist()
    return {"exact": _mean(exact), "country_right": _mean(country), "layout_right": _mean(layout)}


def _text(columns: beam.Columns) -> str:
    return "".join(CHARACTERS[index] for index in beam.greedy(columns, BLANK))


def _mean(values: list[bool]) -> float:
    return float(np.mean(values)) if values else 0.0


def _truth(batch: Shard) -> ReaderTruth:
    return ReaderTruth(
        torch.from_numpy(batch.columns.astype(np.int64)),
        batch.texts,
        torch.from_numpy(batch.country.astype(np.int64)),
        torch.from_numpy(batch.layout.astype(np.int64)),
        torch.from_numpy(~batch.is_fed_wrong),
    )


def _varied(pixels: Tensor, random: np.random.Generator) -> Tensor:
    """Other contrast, brightness and place each time a sample is seen again; some pictures without colour."""
    count = len(pixels)
    contrast = torch.from_numpy(random.uniform(0.7, 1.3, (count, 1, 1, 1)).astype(np.float32))
    brightness = torch.from_numpy(random.uniform(-0.12, 0.12, (count, 1, 1, 1)).astype(np.float32))
    moved = torch.roll(pixels * contrast + brightness, tuple(random.integers(-1, 2, 2).tolist()), (2, 3))
    grey = torch.from_numpy(random.random(count) < 0.08)
    moved[grey] = moved[grey].mean(1, keepdim=True)
    return moved


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shards", type=Path, required=True, help="folder of rendered shards")
    parser.add_argument("--validation", type=Path, required=True, help="folder of shards of another seed")
    parser.add_argument("--real-shards", type=Path, default=None, help="folder of shards cut from licensed pictures")
    parser.add_argument("--real-share", type=float, default=0.08, help="share of a batch that comes from them")
    parser.add_argument("--shards-in-memory", type=int, default=120)


def main(options: argparse.Namespace) -> None:
    """Trains until the schedule or the time is over."""
    training = loop.begun(ReaderNetwork(), 0.02, options)
    loop.run(training, ReaderTask(options, training.network), options)
