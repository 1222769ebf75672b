"""How fast a network learns at each step: a short warm-up, a long plateau, a decay at the end.

The plateau can be made longer afterwards without having wasted anything: training goes on from the checkpoint before the decay.
"""

import math
from dataclasses import dataclass

WARM_UP_STEPS = 200
LEAST = 0.02


@dataclass(frozen=True, slots=True)
class Schedule:
    """steps: in all. decay_steps: how many of them, at the end, slow down. peak: the learning rate of the plateau."""

    steps: int
    decay_steps: int
    peak: float

    def __post_init__(self) -> None:
        if not 0 <= self.decay_steps <= self.steps:
            raise ValueError("the decay is a part of the training")

    def rate(self, step: int) -> float:
        """Learning rate of a step, from 0."""
        if step < WARM_UP_STEPS:
            return self.peak * (step + 1) / WARM_UP_STEPS
        if step < self.steps - self.decay_steps:
            return self.peak
        done = (step - (self.steps - self.decay_steps)) / max(1, self.decay_steps)
        return self.peak * (LEAST + (1 - LEAST) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))

    def is_last_of_plateau(self, step: int) -> bool:
        return step == self.steps - self.decay_steps
