"""The likeliest text behind what an engine read: its own characters weighed against the formats that exist.

A reader cannot tell O from 0 on many plates; the format can. A character is changed only where that makes the text, all
in all, several times likelier. What the engine read stays in `raw`.

An engine that gives the probability of its whole text is calibrated, and is taken at its word: a character that it did
not put forward is never put in.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.common import plate
from services.recognition import formats, priors
from services.recognition.formats import Evidence
from services.recognition.reading import Choice, Position, string_probability

# Probability given to a confusable character that an uncalibrated reader did not mention.
UNMENTIONED = 0.02
# A calibrated reader has put a character forward when it gives it at least this probability.
LEAST_SUPPORT = 0.03
# A text must be this many times likelier than what was read.
LEAST_RATIO = 3.0
# Weight of the reading that a first letter, before what fits the formats of its country, is the letter of the blue band.
BAND = 0.4
# Shorter plates are of before the band.
LEAST_BEHIND_BAND = 7
BAND_LETTERS = {"B": "BE", "D": "DE", "F": "FR", "L": "LU"}


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text with the choices at its positions. raw: the same with the separators as they were read.

    probability: that all of the text is right. is_calibrated: it was measured, characters too many or too few included.
    """

    text: str = field(repr=False)
    raw: str = field(repr=False)
    positions: tuple[Position, ...] = field(repr=False)
    probability: float
    is_calibrated: bool = False


def as_read(raw: str, positions: tuple[Position, ...], probability: float = 0.0) -> Spelling:
    """The spelling the engine gave. Raises PlateInvalid when that has no, or over 16, letters and digits.

    probability: of the text, calibrated; 0 when the engine does not tell, and that every first choice is right, taken as
    independent, stands for it. An engine whose positions do not fit its text loses its alternatives, not its text.
    """
    text = plate.normalise(raw)
    is_calibrated, fits = probability > 0, len(positions) == len(text) and all(map(_names, positions, text))
    if fits:
        positions = tuple(map(_led_by, positions, text))
    probability = min(probability, 1.0) if is_calibrated else string_probability(positions)
    if not fits:
        sure = probability ** (1 / len(text))
        positions = tuple((Choice(character, sure),) for character in text)
    return Spelling(text, raw, positions, probability, is_calibrated)


def likeliest(read: Spelling, evidence: Evidence) -> Spelling:
    """The spelling to report, the one that was read unless another is several times likelier."""
    best, score = read, LEAST_RATIO * read.probability * formats.weight(read.raw, evidence)
    for other, probability in (*_respelled(read, evidence), *_without_band(read, evidence)):
        other_score = probability * formats.weight(other.raw, evidence)
        if other_score > score:
            best, score = other, other_score
    return best


def _names(position: Position, character: str) -> bool:
    return any(choice.character == character for choice in position)


def _led_by(position: Position, character: str) -> Position:
    """With the character of the text first, which case folding may have moved."""
    return tuple(sorted(position, key=lambda choice: choice.character != character))


def _respelled(read: Spelling, evidence: Evidence) -> Iterator[tuple[Spelling, float]]:
    """Other spellings, with the probability that the reader gives them."""
    for text in formats.variants(read.text, evidence, [_offered(read, index) for index in range(len(read.text))]):
        changed = [index for index, (old, new) in enumerate(zip(read.text, text, strict=True)) if old != new]
        firsts = [read.positions[index][0].probability for index in changed]
        offered = [_probability(read.positions[index], text[index]) for index in changed]
        ratio = math.prod(other / first for other, first in zip(offered, firsts, strict=True) if first)
        positions = tuple(
            _changed(position, text[index]) if index in changed else position
            for index, position in enumerate(read.positions)
        )
        yield (
            Spelling(text, _raw_with(read.raw, text), positions, *_sureness(read, positions)),
            read.probability * ratio,
        )


def _offered(read: Spelling, index: int) -> str:
    """The characters that may stand at a position instead of the one that was read."""
    confusable = formats.CONFUSABLE.get(read.text[index], "")
    if not read.is_calibrated:
        return confusable
    put_forward = {choice.character for choice in read.positions[index] if choice.probability >= LEAST_SUPPORT}
    return "".join(character for character in confusable if character in put_forward)


def _sureness(read: Spelling, positions: tuple[Position, ...]) -> tuple[float, bool]:
    """The probability of a text with these positions instead, as far as its first choices tell."""
    before, after = string_probability(read.positions), string_probability(positions)
    return min(1.0, read.probability * after / before) if before else after, read.is_calibrated


def _without_band(read: Spelling, evidence: Evidence) -> Iterator[tuple[Spelling, float]]:
    country = BAND_LETTERS.get(read.text[0], "")
    if len(read.text) <= LEAST_BEHIND_BAND or not country or not priors.allows_grammar(evidence.looks, country):
        return
    positions = read.positions[1:]
    rest = Spelling(read.text[1:], read.raw.lstrip()[1:], positions, *_sureness(read, positions))
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
