"""The likeliest text behind what an engine read: its own characters weighed against the formats that exist.

A reader cannot tell O from 0 on many plates; the format can. A character is changed only where that makes the text, all
in all, several times likelier. What the engine read stays in `raw`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from services.common import plate
from services.recognition import formats
from services.recognition.formats import Evidence
from services.recognition.reading import Choice, Position

# Probability given to a confusable character that the reader did not mention.
UNMENTIONED = 0.02
# A text must be this many times likelier than what was read.
LEAST_RATIO = 3.0
# Weight of the reading that a first letter, before what fits the formats of its country, is the letter of the blue band.
BAND = 0.4
# Shorter plates are of before the band.
LEAST_BEHIND_BAND = 7
BAND_LETTERS = {"B": "BE", "D": "DE", "F": "FR", "L": "LU"}


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text with the choices at its positions. raw: the same with the separators as they were read."""

    text: str = field(repr=False)
    raw: str = field(repr=False)
    positions: tuple[Position, ...] = field(repr=False)

    @property
    def probability(self) -> float:
        """That every first choice is right, taken as independent."""
        return math.prod(position[0].probability for position in self.positions)


def as_read(raw: str, positions: tuple[Position, ...]) -> Spelling:
    """The spelling the engine gave. Raises PlateInvalid when that has no, or over 16, letters and digits.

    An engine whose positions do not fit its text loses its alternatives, not its text.
    """
    text = plate.normalise(raw)
    if len(positions) == len(text) and all(map(_names, positions, text)):
        return Spelling(text, raw, tuple(map(_led_by, positions, text)))
    sure = math.prod(position[0].probability for position in positions) ** (1 / len(text)) if positions else 0.0
    return Spelling(text, raw, tuple((Choice(character, sure),) for character in text))


def likeliest(read: Spelling, evidence: Evidence) -> Spelling:
    """The spelling to report, the one that was read unless another is several times likelier."""
    best, score = read, LEAST_RATIO * read.probability * formats.weight(read.raw, evidence)
    for other, probability in (*_respelled(read), *_without_band(read)):
        other_score = probability * formats.weight(other.raw, evidence)
        if other_score > score:
            best, score = other, other_score
    return best


def _names(position: Position, character: str) -> bool:
    return any(choice.character == character for choice in position)


def _led_by(position: Position, character: str) -> Position:
    """With the character of the text first, which case folding may have moved."""
    return tuple(sorted(position, key=lambda choice: choice.character != character))


def _respelled(read: Spelling) -> Iterator[tuple[Spelling, float]]:
    for text in formats.variants(read.text):
        changed = [index for index, (old, new) in enumerate(zip(read.text, text, strict=True)) if old != new]
        ratio = math.prod(
            _probability(read.positions[index], text[index]) / read.positions[index][0].probability
            for index in changed
            if read.positions[index][0].probability
        )
        positions = tuple(
            _changed(position, text[index]) if index in changed else position
            for index, position in enumerate(read.positions)
        )
        yield Spelling(text, _raw_with(read.raw, text), positions), read.probability * ratio


def _without_band(read: Spelling) -> Iterator[tuple[Spelling, float]]:
    country = BAND_LETTERS.get(read.text[0], "")
    if len(read.text) <= LEAST_BEHIND_BAND or not country:
        return
    rest = replace(read, text=read.text[1:], raw=read.raw.lstrip()[1:], positions=read.positions[1:])
    if formats.fits_strongly(rest.text) and formats.examine(rest.raw).country == country:
        yield rest, BAND * rest.probability


def _probability(position: Position, character: str) -> float:
    return next((choice.probability for choice in position if choice.character == character), UNMENTIONED)


def _changed(position: Position, character: str) -> Position:
    """The format decides between the two: the character takes most of what both had, and the one that was read stays next."""
    read = position[0]
    both = min(1.0, read.probability + next((c.probability for c in position if c.character == character), 0.0))
    others = tuple(choice for choice in position[1:] if choice.character != character)
    return (Choice(character, 0.9 * both), Choice(read.character, 0.1 * both), *others)


def _raw_with(raw: str, text: str) -> str:
    """`raw` with its letters and digits replaced one by one by those of `text`; `text` alone when they do not pair up."""
    folded = [plate.fold(character) for character in raw]
    if "".join(folded) != plate.fold(raw) or any(len(part) > 1 for part in folded):
        return text
    characters = iter(text)
    return "".join(next(characters) if part else character for part, character in zip(folded, raw, strict=True))
