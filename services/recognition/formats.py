"""Which plate formats a text fits: countries, series, how it is written there, and what it may be misread from.

Nothing is ever dropped here: a text that fits nothing comes back with no candidates, marked as of unknown format.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, product

from services.common import plate
from services.recognition import series as tables
from services.recognition.reading import Candidate, Colour
from services.recognition.series import Series

# Characters that readers take for one another, on plates and in the issue lists of other projects.
CONFUSABLE = {
    "0": "ODQ", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B", "B": "8", "D": "0O", "F": "P", "G": "6", "I": "1",
    "O": "0QD", "P": "F", "Q": "O0", "S": "5", "Z": "2",
}  # fmt: skip
MAX_SUBSTITUTIONS = 2
MAX_VARIANT_CHARACTERS = 9
# The weights are those of Belgian roads; elsewhere the plates of the country count this much more.
HOME = "BE"
ABROAD_FACTOR = 10.0
COLOUR_FITS, COLOUR_DIFFERS = 3.0, 0.05
GAP_DIFFERS = 0.2
# A country is named when it holds at least this share of belief.
COUNTRY_SHARE = 0.4

STRONG = tuple(kind for kind in tables.ALL if kind.is_strong)
_ANY_STRONG = re.compile("|".join(f"(?:{kind.pattern.pattern})" for kind in STRONG), re.ASCII)
_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known beside the text: the plate's colour, and the country where the camera stands (empty: HOME)."""

    colour: Colour = Colour.UNKNOWN
    country: str = ""


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class Examination:
    """The verdict on one text. `candidates` is ordered by belief and empty when no format fits (unknown format).

    confusable_variants: other texts of the same series (of any common one when none fits) that differ in one or two
    characters readers confuse; a search may try them.
    """

    raw: str = field(repr=False)
    normalised: str = field(repr=False)
    display: str = field(repr=False)
    candidates: tuple[Candidate, ...]
    confusable_variants: tuple[str, ...] = field(repr=False)

    @property
    def valid_series(self) -> tuple[str, ...]:
        """Codes of the series that fit, most believed first, each once."""
        return tuple(dict.fromkeys(candidate.series for candidate in self.candidates))

    @property
    def country(self) -> str:
        """The country that holds most of the belief; empty when none holds enough."""
        shares: dict[str, float] = {}
        for candidate in self.candidates:
            shares[candidate.country] = shares.get(candidate.country, 0.0) + candidate.prior
        best = max(shares, key=lambda country: shares[country], default="")
        return best if best and shares[best] >= COUNTRY_SHARE else ""


def examine(raw: str, evidence: Evidence = NO_EVIDENCE) -> Examination:
    """Examines a text as it was read, separators included. Raises PlateInvalid when it has no or over 16 characters."""
    normalised = plate.normalise(raw)
    fits = tuple(_fits(raw, normalised, evidence))
    mass = sum(fit.prior for fit in fits) + tables.UNKNOWN_WEIGHT
    candidates = sorted(
        (Candidate(fit.country, fit.series, fit.prior / mass, fit.display) for fit in fits),
        key=lambda candidate: -candidate.prior,
    )
    display = candidates[0].display if candidates else normalised
    return Examination(raw, normalised, display, tuple(candidates), tuple(_variants_in_grammar(normalised)))


def weight(raw: str, evidence: Evidence = NO_EVIDENCE) -> float:
    """How common plates of the likeliest series are that this text fits, and at least that of the unknown."""
    fits = _fits(raw, plate.normalise(raw), evidence)
    return max(tables.UNKNOWN_WEIGHT, *(fit.prior for fit in fits), 0.0)


def fits_strongly(normalised: str) -> bool:
    """Whether the text fits a series that is common and narrow enough to mean something."""
    return _ANY_STRONG.fullmatch(normalised) is not None


def variants(normalised: str) -> Iterator[str]:
    """Texts of any common series that differ from this one in one or two confusable characters, fewest first."""
    return (text for text in _substituted(normalised) if fits_strongly(text))


def _fits(raw: str, normalised: str, evidence: Evidence) -> Iterator[Candidate]:
    """Candidates with weights, not yet shares, as `prior`."""
    for kind in tables.ALL:
        match = kind.pattern.fullmatch(normalised)
        if match:
            belief = _belief(kind, evidence)
            displays: tuple[str, ...] = (_display(kind, match),)
            if kind.code == "DE_STD":
                displays, is_contradicted = _german_displays(raw, normalised)
                belief *= GAP_DIFFERS if is_contradicted else 1.0
            for display in displays:
                yield Candidate(kind.country, kind.code, belief / len(displays), display)
    hyphenated = _SEPARATORS.sub("-", raw.upper()).strip("-")
    if tables.PERSONALISED.pattern.fullmatch(hyphenated):
        yield _personalised(tables.PERSONALISED, hyphenated, evidence)
    elif tables.PERSONALISED_ANY.pattern.fullmatch(normalised):
        yield _personalised(tables.PERSONALISED_ANY, normalised, evidence)


def _personalised(kind: Series, display: str, evidence: Evidence) -> Candidate:
    return Candidate(kind.country, kind.code, _belief(kind, evidence), display)


def _belief(kind: Series, evidence: Evidence) -> float:
    belief = kind.weight * (ABROAD_FACTOR if HOME != evidence.country == kind.country else 1.0)
    if not kind.colours or evidence.colour in (Colour.UNKNOWN, Colour.OTHER):
        return belief
    return belief * (COLOUR_FITS if evidence.colour in kind.colours else COLOUR_DIFFERS)


def _display(kind: Series, match: re.Match[str]) -> str:
    return kind.separator.join(part for part in match.groups() if part)


def _german_displays(raw: str, normalised: str) -> tuple[tuple[str, ...], bool]:
    """DES123 is DE-S 123 or D-ES 123; only the gap on the plate tells, so without one both stand.

    Also whether the gaps that were read contradict a German plate, where one always parts the letters.
    """
    end = next(index for index, character in enumerate(normalised) if character.isdigit())
    splits = [at for at in range(1, min(3, end - 1) + 1) if end - at <= 2]
    gaps = _gaps(raw)
    seen = [at for at in gaps if at in splits]
    shown = seen[:1] or splits
    displays = tuple(f"{normalised[:at]}-{normalised[at:end]} {normalised[end:]}" for at in shown)
    return displays, bool(gaps and not seen)


def _gaps(raw: str) -> list[int]:
    """Positions in the normal form before which the raw text has a separator."""
    gaps, length = [], 0
    for part in _SEPARATORS.split(raw):
        length += len(plate.fold(part))
        gaps.append(length)
    return gaps[:-1]


def _variants_in_grammar(normalised: str) -> Iterator[str]:
    grammar = [kind.pattern for kind in tables.ALL if kind.pattern.fullmatch(normalised)]
    if not any(kind.pattern in grammar for kind in STRONG):
        grammar = [kind.pattern for kind in STRONG]
    return (text for text in _substituted(normalised) if any(pattern.fullmatch(text) for pattern in grammar))


def _substituted(normalised: str) -> Iterator[str]:
    if len(normalised) > MAX_VARIANT_CHARACTERS:
        return
    places = [index for index, character in enumerate(normalised) if character in CONFUSABLE]
    for count in range(1, MAX_SUBSTITUTIONS + 1):
        for chosen in combinations(places, count):
            for others in product(*(CONFUSABLE[normalised[index]] for index in chosen)):
                text = list(normalised)
                for index, other in zip(chosen, others, strict=True):
                    text[index] = other
                yield "".join(text)
