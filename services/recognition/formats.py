"""Which plate formats a text fits: countries, series, how it is written there, and what it may be misread from.

Nothing is ever dropped here: a text that fits nothing comes back with no candidates, marked as of unknown format.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

from services.common import plate
from services.recognition import priors
from services.recognition import series as tables
from services.recognition.priors import BELGIAN_ROADS, CountryPrior
from services.recognition.reading import Candidate, Colour, CountryShare
from services.recognition.series import Series

# Characters that readers take for one another, on plates and in the issue lists of other projects.
CONFUSABLE = {
    "0": "ODQ", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B", "B": "8", "D": "0O", "F": "P", "G": "6", "I": "1",
    "O": "0QD", "P": "F", "Q": "O0", "S": "5", "Z": "2",
}  # fmt: skip
MAX_SUBSTITUTIONS = 2
MAX_VARIANT_CHARACTERS = 9
COLOUR_FITS, COLOUR_DIFFERS = 3.0, 0.05
GAP_DIFFERS = 0.2
# A country is named when it holds at least this share of belief.
COUNTRY_SHARE = 0.4
# Where looks are known, series that hold less than this share are not named: a catch-all fits every text.
LEAST_SHARE = 0.002
# However much a plate looks like one of a country, its text may be of none of the series below.
LEAST_UNKNOWN = 0.15

STRONG = tuple(kind for kind in tables.ALL if kind.is_strong)
_ANY_STRONG = re.compile("|".join(f"(?:{kind.pattern.pattern})" for kind in STRONG), re.ASCII)
_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known beside the text: the plate's colour, the country where the camera stands (empty: HOME), how often
    plates of each country come by that camera, and of which country the plate is by its looks (empty: nobody tells).
    """

    colour: Colour = Colour.UNKNOWN
    country: str = ""
    camera: CountryPrior = BELGIAN_ROADS
    looks: tuple[CountryShare, ...] = ()


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True)
class Examination:
    """The verdict on one text. `candidates` is ordered by belief and empty when no format fits (unknown format)."""

    raw: str = field(repr=False)
    normalised: str = field(repr=False)
    display: str = field(repr=False)
    candidates: tuple[Candidate, ...]
    looks_like: str = ""

    @property
    def confusable_variants(self) -> tuple[str, ...]:
        """Other texts of the same series (of any common one when none fits) that differ in one or two characters that
        readers confuse; a search may try them.
        """
        grammar = [kind.pattern for kind in tables.ALL if kind.pattern.fullmatch(self.normalised)]
        if not fits_strongly(self.normalised):
            grammar = [_ANY_STRONG]
        return tuple(_variants_in(grammar, self.normalised))

    @property
    def valid_series(self) -> tuple[str, ...]:
        """Codes of the series that fit, most believed first, each once."""
        return tuple(dict.fromkeys(candidate.series for candidate in self.candidates))

    @property
    def country(self) -> str:
        """The country that holds most of the belief, or that the looks alone are sure of; empty when there is none."""
        shares: dict[str, float] = {}
        for candidate in self.candidates:
            shares[candidate.country] = shares.get(candidate.country, 0.0) + candidate.prior
        best = max(shares, key=lambda country: shares[country], default="")
        return best if best and shares[best] >= COUNTRY_SHARE else self.looks_like


def examine(raw: str, evidence: Evidence = NO_EVIDENCE) -> Examination:
    """Examines a text as it was read, separators included. Raises PlateInvalid when it has no or over 16 characters."""
    normalised = plate.normalise(raw)
    fits = tuple(_fits(raw, normalised, evidence))
    mass = sum(fit.prior for fit in fits) + _unknown(evidence)
    least = LEAST_SHARE * mass if evidence.looks else 0.0
    candidates = sorted(
        (Candidate(fit.country, fit.series, fit.prior / mass, fit.display) for fit in fits if fit.prior >= least),
        key=lambda candidate: -candidate.prior,
    )
    display = candidates[0].display if candidates else normalised
    return Examination(raw, normalised, display, tuple(candidates), priors.sure(evidence.looks))


def weight(raw: str, evidence: Evidence = NO_EVIDENCE) -> float:
    """How common plates of the likeliest series are that this text fits, and at least that of the unknown."""
    fits = _fits(raw, plate.normalise(raw), evidence)
    return max(_unknown(evidence), *(fit.prior for fit in fits), 0.0)


def fits_strongly(normalised: str) -> bool:
    """Whether the text fits a series that is common and narrow enough to mean something."""
    return _ANY_STRONG.fullmatch(normalised) is not None


def variants(normalised: str, evidence: Evidence = NO_EVIDENCE, offered: Sequence[str] | None = None) -> Iterator[str]:
    """Texts of any series common enough here that differ from this one in one or two characters, fewest first.

    offered: for each position the characters that may stand there instead; None for those that readers confuse.
    """
    grammar = [_ANY_STRONG]
    if evidence.looks:
        grammar = [
            kind.pattern
            for kind in _series_by(evidence)
            if priors.allows_grammar(evidence.looks, kind.country) and _belief(kind, evidence) >= tables.STRONG_WEIGHT
        ]
    return _variants_in(grammar, normalised, offered)


def _fits(raw: str, normalised: str, evidence: Evidence) -> Iterator[Candidate]:
    """Candidates with weights, not yet shares, as `prior`."""
    for kind in _series_by(evidence):
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


def _series_by(evidence: Evidence) -> tuple[Series, ...]:
    """Formats of countries further away are too alike to be told without looks."""
    return (*tables.ALL, *tables.FURTHER) if evidence.looks else tables.ALL


def _personalised(kind: Series, display: str, evidence: Evidence) -> Candidate:
    return Candidate(kind.country, kind.code, _belief(kind, evidence), display)


def _belief(kind: Series, evidence: Evidence) -> float:
    place = priors.region(evidence.country).factor(kind.country) * evidence.camera.factor(kind.country)
    belief = kind.weight * place * priors.by_looks(evidence.looks, kind.country)
    if not kind.colours or evidence.colour in (Colour.UNKNOWN, Colour.OTHER):
        return belief
    return belief * (COLOUR_FITS if evidence.colour in kind.colours else COLOUR_DIFFERS)


def _unknown(evidence: Evidence) -> float:
    """The weight of a text that fits nothing: most of those look like plates of no country."""
    return tables.UNKNOWN_WEIGHT * max(priors.by_looks(evidence.looks, ""), LEAST_UNKNOWN)


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


def _variants_in(
    grammar: Sequence[re.Pattern[str]], normalised: str, offered: Sequence[str] | None = None
) -> Iterator[str]:
    others = [CONFUSABLE.get(character, "") for character in normalised] if offered is None else offered
    return (text for text in _substituted(normalised, others) if any(one.fullmatch(text) for one in grammar))


def _substituted(normalised: str, others: Sequence[str]) -> Iterator[str]:
    if len(normalised) > MAX_VARIANT_CHARACTERS:
        return
    places = [index for index, characters in enumerate(others) if characters]
    for count in range(1, MAX_SUBSTITUTIONS + 1):
        for chosen in combinations(places, count):
            for instead in product(*(others[index] for index in chosen)):
                text = list(normalised)
                for index, other in zip(chosen, instead, strict=True):
                    text[index] = other
                yield "".join(text)
