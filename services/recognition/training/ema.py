"""A slow copy of a network: its mean over the last steps reads better than any single step."""

import torch
from torch import Tensor, nn

MOST, WARM_UP = 0.998, 20


class MovingAverage:
    """Exponential mean of all weights and of the statistics of batch normalisation."""

    def __init__(self, network: nn.Module) -> None:
        self.state: dict[str, Tensor] = {name: value.clone() for name, value in network.state_dict().items()}

    def update(self, network: nn.Module, step: int) -> None:
        """Takes in the network after its step number `step` (from 1); the first steps weigh more."""
        kept = min(MOST, (step + 1) / (step + WARM_UP))
        with torch.no_grad():
            for name, value in network.state_dict().items():
                if value.dtype.is_floating_point:
                    self.state[name].mul_(kept).add_(value, alpha=1 - kept)
                else:
                    self.state[name].copy_(value)
