"""How good reads are: the figures of an evaluation, from what was to be read and what was read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from services.recognition import calibration
from services.recognition.calibration import Bin

# Upper ends of the classes of plate width, in pixels of the picture.
WIDTHS_PX = (30, 40, 60, 80, 120, 10_000)
COVERAGES = (0.8, 0.9)
# Many glyphs of O and 0, and of I and 1, are one: an exact read takes them as such, a strict one does not.
ALIKE = str.maketrans("OI", "01")
Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One plate that was to be read, and what was read there.

    read: empty when nothing was found at it. confidence: that `read` is right, 0 to 1. width_px: 0 when not known.
    groups: what it counts under, as kinds of group and names ("country": "BE").
    """

    file: str
    truth: str = field(repr=False)
    read: str = field(repr=False)
    confidence: float = 0.0
    width_px: float = 0.0
    groups: tuple[tuple[str, str], ...] = ()

    @property
    def is_exact(self) -> bool:
        """Right, with O and 0, and I and 1, taken as one."""
        return self.truth.translate(ALIKE) == self.read.translate(ALIKE)

    @property
    def is_strict(self) -> bool:
        """Right to the letter."""
        return self.truth == self.read


@dataclass(frozen=True, slots=True)
class Share:
    """Reads of one group."""

    count: int
    found: float
    exact: float
    strict: float
    character_errors: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one evaluation; shares are 0 to 1.

    character_errors: edits over characters to be read; a plate that was not found counts with all of its own.
    The calibration is over plates that were found. false_per_frame: plates answered where none is, by frame.
    """

    frames: int
    all: Share
    by_width: tuple[tuple[str, Share], ...]
    by_group: tuple[tuple[str, str, Share], ...]
    reliability: tuple[Bin, ...]
    calibration_error: float
    calibration_error_equal_width: float
    precision: tuple[tuple[float, float], ...]
    false_per_frame: float
    cpu_ms_per_frame: float


def figures(outcomes: Sequence[Outcome], *, frames: int, false_plates: int, cpu_s: float) -> Figures:
    """The figures of plates to be read in `frames` pictures, in which `false_plates` were answered where there is none."""
    found = [outcome for outcome in outcomes if outcome.read]
    confidences, is_right = [o.confidence for o in found], [o.is_exact for o in found]
    return Figures(
        frames=frames,
        all=share(outcomes),
        by_width=_by_width([outcome for outcome in outcomes if outcome.width_px > 0]),
        by_group=_by_group(outcomes),
        reliability=calibration.reliability(confidences, is_right),
        calibration_error=calibration.expected_error(confidences, is_right),
        calibration_error_equal_width=calibration.expected_error(confidences, is_right, equal_mass=False),
        precision=tuple((part, _precision(outcomes, part)) for part in COVERAGES),
        false_per_frame=false_plates / max(frames, 1),
        cpu_ms_per_frame=1000 * cpu_s / max(frames, 1),
    )


def share(outcomes: Iterable[Outcome]) -> Share:
    """The figures of one group; zeros for an empty one."""
    members = tuple(outcomes)
    count = max(len(members), 1)
    characters = sum(len(outcome.truth) for outcome in members)
    return Share(
        count=len(members),
        found=sum(bool(outcome.read) for outcome in members) / count,
        exact=sum(outcome.is_exact for outcome in members) / count,
        strict=sum(outcome.is_strict for outcome in members) / count,
        character_errors=sum(edits(outcome.truth, outcome.read) for outcome in members) / max(characters, 1),
    )


def edits(truth: str, read: str) -> int:
    """Characters to change, add or drop to get from one text to the other (Levenshtein), O as 0 and I as 1."""
    wanted, got = truth.translate(ALIKE), read.translate(ALIKE)
    row = list(range(len(got) + 1))
    for place, character in enumerate(wanted, 1):
        diagonal, row[0] = row[0], place
        for column, other in enumerate(got, 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (character != other)),
            )
    return row[-1]


def _precision(outcomes: Sequence[Outcome], coverage: float) -> float:
    """Among the surest answers; plates that were not found are the least sure ones, and wrong."""
    return calibration.precision_at(
        [o.confidence if o.read else -1.0 for o in outcomes], [o.is_exact for o in outcomes], coverage
    )


def _by_width(outcomes: Iterable[Outcome]) -> tuple[tuple[str, Share], ...]:
    def name(place: int) -> str:
        low = WIDTHS_PX[place - 1] if place else 0
        return f"over {low}" if place == len(WIDTHS_PX) - 1 else f"{low}-{WIDTHS_PX[place]}"

    classes = ((next(place for place, end in enumerate(WIDTHS_PX) if o.width_px <= end), o) for o in outcomes)
    return tuple((name(place), share(members)) for place, members in _grouped(classes))


def _by_group(outcomes: Sequence[Outcome]) -> tuple[tuple[str, str, Share], ...]:
    found: list[tuple[str, str, Share]] = []
    for kind in dict.fromkeys(kind for outcome in outcomes for kind, _ in outcome.groups):
        named = ((name, outcome) for outcome in outcomes for other, name in outcome.groups if other == kind and name)
        found += [(kind, name, share(members)) for name, members in _grouped(named)]
    return tuple(found)


def _grouped(keyed: Iterable[tuple[Key, Outcome]]) -> list[tuple[Key, list[Outcome]]]:
    groups: dict[Key, list[Outcome]] = {}
    for key, outcome in keyed:
        groups.setdefault(key, []).append(outcome)
    return sorted(groups.items(), key=lambda item: item[0])
