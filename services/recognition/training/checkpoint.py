"""Where training stands, in files that a stop at any moment leaves whole."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from services.recognition.training.ema import MovingAverage

LATEST, PLATEAU = "latest.pt", "plateau.pt"


@dataclass(slots=True)
class Training:
    """A network in training, all of it that a checkpoint holds. step: how many are done."""

    network: nn.Module
    optimizer: Optimizer
    average: MovingAverage
    step: int = 0


def save(training: Training, file: Path) -> None:
    """Replaces the file as a whole."""
    content: dict[str, Any] = {
        "network": training.network.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "average": training.average.state,
        "step": training.step,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    with unfinished.open("wb") as out:
        torch.save(content, out)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)


def restore(training: Training, file: Path) -> None:
    """Continues where the file was saved."""
    content = torch.load(file, map_location="cpu", weights_only=True)
    training.network.load_state_dict(content["network"])
    training.optimizer.load_state_dict(content["optimizer"])
    training.average.state = content["average"]
    training.step = content["step"]


def average_of(file: Path) -> "dict[str, torch.Tensor]":
    """The averaged weights of a checkpoint: what is exported and used."""
    weights: dict[str, torch.Tensor] = torch.load(file, map_location="cpu", weights_only=True)["average"]
    return weights
