"""Two readers' answers to one plate as one answer, by their probabilities.

Both must be calibrated: the fusion takes them at their word.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.recognition.reading import Choice, Position, string_probability

# Probability of a character that a reader did not mention at a position.
UNMENTIONED = 0.002
# No reader is believed to be surer than this, or less sure.
LEAST = 1e-6
MOST_CHOICES = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """One reader's answer. probability: that all of the text is right, inserted and dropped characters included."""

    positions: tuple[Position, ...] = field(repr=False)
    probability: float

    @property
    def text(self) -> str:
        """The first choices."""
        return "".join(position[0].character for position in self.positions)


@dataclass(frozen=True, slots=True)
class Weights:
    """What is learnt of a pair of readers.

    second: how much the second reader's probabilities count, the first one's counting 1. shared_error: how often two
    wrong readers give the same wrong text.
    """

    second: float = 0.7
    shared_error: float = 0.2


DEFAULT_WEIGHTS = Weights()
SECONDS = (0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0, 1.3)
SHARED_ERRORS = (0.02, 0.05, 0.1, 0.2, 0.4)


def fused(first: Answer, second: Answer, weights: Weights = DEFAULT_WEIGHTS) -> Answer:
    """The answer that both together make likeliest.

    Of the same length: at each position the product of both probabilities, so that one reader may be right here and the
    other there. Of different lengths nothing can be laid side by side: the likelier text as a whole.
    """
    if not first.positions or not second.positions:
        return first if first.positions else second
    if len(first.positions) != len(second.positions):
        return _likelier(first, second, weights)
    positions = tuple(
        _product(one, other, weights.second) for one, other in zip(first.positions, second.positions, strict=True)
    )
    if first.text == second.text:
        return Answer(positions, _agreed(first.probability, second.probability, weights))
    return Answer(positions, string_probability(positions))


def learnt(pairs: Iterable[tuple[Answer, Answer, str]]) -> Weights:
    """The weights with which the fused answers to known texts, of held-back pictures, are the least surprising."""
    known = tuple(pairs)
    if not known:
        return DEFAULT_WEIGHTS
    trials = (Weights(*chosen) for chosen in itertools.product(SECONDS, SHARED_ERRORS))
    return min(trials, key=lambda weights: sum(_surprise(*pair, weights) for pair in known))


def _surprise(first: Answer, second: Answer, truth: str, weights: Weights) -> float:
    answer = fused(first, second, weights)
    probability = _bounded(answer.probability)
    return -math.log(probability if answer.text == truth else 1 - probability)


def _likelier(first: Answer, second: Answer, weights: Weights) -> Answer:
    """The one with the better odds, with what is left of its probability: at most one of the two is right."""
    one, other = _odds(first.probability), _odds(second.probability) ** weights.second if weights.second else 0.0
    chosen, odds = (first, one) if one >= other else (second, other)
    return Answer(chosen.positions, odds / (1 + one + other))


def _agreed(first: float, second: float, weights: Weights) -> float:
    """Both are right, or both are wrong in the same way."""
    odds: float = _odds(first) * (_odds(second) / weights.shared_error) ** weights.second
    return odds / (1 + odds)


def _product(one: Position, other: Position, weight: float) -> Position:
    mine, theirs = _by_character(one), _by_character(other)
    scores = {
        character: mine.get(character, UNMENTIONED) * theirs.get(character, UNMENTIONED) ** weight
        for character in mine | theirs
    }
    total = sum(scores.values())
    ranked = sorted(scores.items(), key=lambda item: -item[1])[:MOST_CHOICES]
    return tuple(Choice(character, score / total) for character, score in ranked)


def _by_character(position: Position) -> dict[str, float]:
    return {choice.character: max(choice.probability, UNMENTIONED) for choice in position}


def _odds(probability: float) -> float:
    bounded = _bounded(probability)
    return bounded / (1 - bounded)


def _bounded(probability: float) -> float:
    return min(max(probability, LEAST), 1 - LEAST)
