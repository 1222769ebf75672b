"""The loop of both trainings: steps, looks, checkpoints, until the schedule or the time is over."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from services.recognition.training import checkpoint
from services.recognition.training.checkpoint import Training
from services.recognition.training.curves import Curves
from services.recognition.training.schedule import Schedule

LONGEST_GRADIENT = 10.0
SMOOTHING = 0.97


@dataclass(frozen=True, slots=True)
class Pace:
    """When to look, and when to stop. look_every: steps between evaluations and checkpoints. stop_after_s: wall time."""

    look_every: int = 1000
    stop_after_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Task:
    """What is trained. loss: the total of one step's batch, and its parts. look: figures of the averaged network."""

    loss: Callable[[int], tuple[Tensor, Mapping[str, float]]]
    look: Callable[[Mapping[str, Tensor]], Mapping[str, float]]


def optimizer(network: torch.nn.Module, rate: float, decay: float) -> torch.optim.Optimizer:
    """AdamW that lets biases and normalisations be as large as they like."""
    weights = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate)


def run(training: Training, task: Task, schedule: Schedule, pace: Pace, folder: Path) -> None:
    """Trains in `folder`, from the checkpoint there if there is one. Leaves a checkpoint at every look and at the end."""
    resumed(training, folder)
    latest = folder / checkpoint.LATEST
    curves, smooth, began = Curves(folder), _Smooth(), time.monotonic()
    while training.step < schedule.steps and time.monotonic() - began < pace.stop_after_s:
        if schedule.is_last_of_plateau(training.step):
            checkpoint.save(training, folder / checkpoint.PLATEAU)
        smooth.add(_step(training, task, schedule.rate(training.step)))
        if training.step % pace.look_every == 0:
            checkpoint.save(training, latest)
            rates = {"rate": schedule.rate(training.step), "hours": (time.monotonic() - began) / 3600}
            curves.add(training.step, {**smooth.values, **rates, **task.look(training.average.state)})
    checkpoint.save(training, latest)


def resumed(training: Training, folder: Path) -> int:
    """Restores the checkpoint of a folder if there is one; returns how many steps are done."""
    latest = folder / checkpoint.LATEST
    if latest.exists():
        checkpoint.restore(training, latest)
    return training.step


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
