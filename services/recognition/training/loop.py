"""The loop of both trainings: steps, looks, checkpoints, until the schedule or the time is over."""

import argparse
import time
from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from services.recognition.training import checkpoint
from services.recognition.training.checkpoint import Training
from services.recognition.training.curves import Curves
from services.recognition.training.ema import MovingAverage
from services.recognition.training.schedule import Schedule

LONGEST_GRADIENT = 10.0
SMOOTHING = 0.97


class Task(Protocol):
    """What is trained."""

    def loss(self, step: int, /) -> tuple[Tensor, Mapping[str, float]]:
        """The total of one step's batch, and its parts."""

    def look(self, weights: Mapping[str, Tensor], /) -> Mapping[str, float]:
        """Figures of the averaged network."""


def begun(network: torch.nn.Module, decay: float, options: argparse.Namespace) -> Training:
    """The training of a network, from the checkpoint in the run's folder if there is one. decay: of its weights."""
    network = network.to(memory_format=torch.channels_last)
    training = Training(network, _optimizer(network, options.rate, decay), MovingAverage(network))
    latest = options.run / checkpoint.LATEST
    if latest.exists():
        checkpoint.restore(training, latest)
    return training


def _optimizer(network: torch.nn.Module, rate: float, decay: float) -> torch.optim.Optimizer:
    """AdamW that lets biases and normalisations be as large as they like."""
    weights = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate)


def run(training: Training, task: Task, options: argparse.Namespace) -> None:
    """Trains until the schedule or the time is over. Leaves a checkpoint at every look and at the end."""
    schedule = Schedule(options.steps, options.decay_steps, options.rate)
    latest = options.run / checkpoint.LATEST
    curves, smooth, began = Curves(options.run), _Smooth(), time.monotonic()
    while training.step < schedule.steps and time.monotonic() - began < options.stop_after_s:
        if schedule.is_last_of_plateau(training.step):
            checkpoint.save(training, options.run / checkpoint.PLATEAU)
        smooth.add(_step(training, task, schedule.rate(training.step)))
        if training.step % options.look_every == 0:
            checkpoint.save(training, latest)
            rates = {"rate": schedule.rate(training.step), "hours": (time.monotonic() - began) / 3600}
            curves.add(training.step, {**smooth.values, **rates, **task.look(training.average.state)})
    checkpoint.save(training, latest)


def _step(training: Training, task: Task, rate: float) -> Mapping[str, float]:
    for group in training.optimizer.param_groups:
        group["lr"] = rate
    training.network.train()
    total, parts = task.loss(training.step)
    training.optimizer.zero_grad()
    total.backward()
    torch.nn.utils.clip_grad_norm_(training.network.parameters(), LONGEST_GRADIENT)
    training.optimizer.step()
    training.step += 1
    training.average.update(training.network, training.step)
    return parts


class _Smooth:
    """Means of the losses over some dozens of steps."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def add(self, parts: Mapping[str, float]) -> None:
        for name, value in parts.items():
            self.values[name] = SMOOTHING * self.values.get(name, value) + (1 - SMOOTHING) * value
