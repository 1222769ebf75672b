"""From the per-column output of a CTC reader to text with alternatives per character."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.recognition.beam import runs
from services.recognition.reading import Choice, Position

# Latin letters, digits, the German umlauts and what separates groups on a plate. Everything else a general text reader
# knows (18,000 ideographs) is left out before the best character is taken.
PLATE_CHARACTERS = re.compile(r"[A-Za-z0-9ÄÖÜäöü .:·-]")
BLANK = 0
MAX_CHOICES = 5
LEAST_PROBABILITY = 0.005


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The columns of a reader's output that may stand on a plate. `columns[0]` is the CTC blank."""

    columns: NDArray[np.intp]
    characters: tuple[str, ...]

    @classmethod
    def of(cls, characters: Sequence[str]) -> "Alphabet":
        """The plate characters among a reader's characters, whose first one stands for the blank."""
        kept = [BLANK, *(index for index, character in enumerate(characters) if PLATE_CHARACTERS.fullmatch(character))]
        return cls(np.array(kept), ("", *(characters[index] for index in kept[1:])))


def decode(probabilities: NDArray[np.float32], alphabet: Alphabet) -> tuple[str, tuple[Position, ...]]:
    """Text, and the alternatives at each of its letters and digits, from one reader output (columns x all characters).

    The best path is taken; the probability of a character is the greatest it has in its run of columns, case folded.
    """
    kept = probabilities[:, alphabet.columns]
    best = kept.argmax(axis=1)
    text: list[str] = []
    positions: list[Position] = []
    for start, end in runs(best, BLANK):
        character = alphabet.characters[best[start]]
        text.append(character)
        if character.isalnum():
            column = start + int(kept[start:end, best[start]].argmax())
            positions.append(_choices(kept[column], alphabet, best[start]))
    return "".join(text), tuple(positions)


def _choices(column: NDArray[np.float32], alphabet: Alphabet, best: np.intp) -> Position:
    folded: dict[str, float] = {}
    for index in {int(best), *np.flatnonzero(column >= LEAST_PROBABILITY / 2).tolist()}:
        character = alphabet.characters[index].upper()
        if character.isalnum():
            folded[character] = folded.get(character, 0.0) + float(column[index])
    ranked = sorted(folded.items(), key=lambda item: -item[1])[:MAX_CHOICES]
    kept = [item for place, item in enumerate(ranked) if place == 0 or item[1] >= LEAST_PROBABILITY]
    return tuple(Choice(character, round(min(probability, 1.0), 4)) for character, probability in kept)
