"""Trains the reader on rendered shards, which `shards` makes in another process meanwhile."""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from services.recognition.alphabet import BLANK, CHARACTERS
from services.recognition.training import loop, shards
from services.recognition.training.blocks import centred
from services.recognition.training.checkpoint import Training
from services.recognition.training.ema import MovingAverage
from services.recognition.training.loop import Pace, Task
from services.recognition.training.reader_loss import ReaderTruth, reader_loss
from services.recognition.training.reader_network import ReaderNetwork
from services.recognition.training.schedule import Schedule
from services.recognition.training.shard_pool import Shard, ShardPool, joined

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
        unseen = joined([Shard.load(file) for file in shards.kept(options.validation)])
        self._validation = unseen.chosen(range(min(MOST_VALIDATION, len(unseen.texts))))
        self._copy = ReaderNetwork()
        self._refresh()

    def loss(self, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Of the batch of a step; the same step draws the same places."""
        if step % REFRESH_EVERY == 0:
            self._refresh()
        random = np.random.default_rng([self._options.seed, step])
        batch = self._batch(random)
        pixels = _varied(centred(torch.from_numpy(batch.pixels)), random).to(self._options.device)
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
        return joined([self._pool.draw(random, self._options.batch - real), self._real.draw(random, real)])


def figures(network: ReaderNetwork, samples: Shard, batch: int = 200) -> dict[str, float]:
    """exact: whole texts of readable samples; country and layout: of those that name one."""
    exact, country, layout = [], [], []
    with torch.inference_mode():
        for start in range(0, len(samples.texts), batch):
            part = samples.chosen(range(start, min(start + batch, len(samples.texts))))
            characters, countries, layouts = network(centred(torch.from_numpy(part.pixels)))
            read = [collapsed(row) for row in characters.argmax(-1).numpy()]
            exact += [
                one == text
                for one, text, known in zip(read, part.texts, part.is_readable, strict=True)
                if known and text
            ]
            country += (countries.argmax(-1).numpy() == part.countries)[part.countries > 0].tolist()
            layout += (layouts.argmax(-1).numpy() == part.layouts)[part.layouts >= 0].tolist()
    return {"exact": _mean(exact), "country_right": _mean(country), "layout_right": _mean(layout)}


def collapsed(columns: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> str:
    """The text of the best path: runs count once, blanks not at all."""
    runs = columns[np.insert(columns[1:] != columns[:-1], 0, True)]
    return "".join(CHARACTERS[index] for index in runs if index != BLANK)


def _mean(values: list[bool]) -> float:
    return float(np.mean(values)) if values else 0.0


def _truth(batch: Shard) -> ReaderTruth:
    return ReaderTruth(
        torch.from_numpy(batch.columns.astype(np.int64)),
        batch.texts,
        torch.from_numpy(batch.countries),
        torch.from_numpy(batch.layouts),
        torch.from_numpy(batch.is_readable),
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
    network = ReaderNetwork().to(options.device, memory_format=torch.channels_last)
    training = Training(network, loop.optimizer(network, options.rate, 0.02), MovingAverage(network))
    task = ReaderTask(options, network)
    schedule = Schedule(options.steps, options.decay_steps, options.rate)
    loop.run(
        training, Task(task.loss, task.look), schedule, Pace(options.look_every, options.stop_after_s), options.run
    )
