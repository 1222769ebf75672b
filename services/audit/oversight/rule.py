"""What a rule is: pure, versioned, and able to say in words why it asks for a second look."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID, uuid5

from services.audit.oversight.lookup import DAY_MS, Lookup
from services.audit.oversight.reference import Reference

FLAGS = UUID("0c8b9a8e-54fd-4c8c-9d5e-0c1f2d1a7e63")  # namespace of flag ids, made once at random
MAX_ENTRIES = 50

Thresholds = Mapping[str, int]


class Earlier(Enum):
    """Which earlier look-ups a rule sees beside the one at hand: those of the same ..."""

    NOTHING = "nothing"
    DAY = "officer and day"
    PLATE = "officer and plate"
    CASE = "case, the first of each officer on each day"
    GUESSES = "officer, without a result"


SPANS_MS: Mapping[Earlier, int] = {
    Earlier.NOTHING: 0,
    Earlier.DAY: DAY_MS,
    Earlier.PLATE: 14 * DAY_MS,
    Earlier.CASE: 90 * DAY_MS,
    Earlier.GUESSES: DAY_MS,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule judges: a look-up, earlier ones in the order of the log, and what was known about persons and vehicles then."""

    lookup: Lookup
    earlier: Sequence[Lookup]
    reference: Reference
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a second look is asked for. begins: the look-up that the flag is named after; rests_on: those it is about."""

    words: str = field(repr=False)
    begins: Lookup
    rests_on: tuple[Lookup, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    version: rises with every change of meaning or threshold. of_outcomes: it judges what came of look-ups, instead of what was
    asked. suspects: whether it is worth fetching earlier look-ups; least: how many there must be, with the one at hand.
    """

    name: str
    version: int
    words: str
    thresholds: Thresholds
    find: Callable[[Seen], Finding | None]
    earlier: Earlier = Earlier.NOTHING
    of_outcomes: bool = False
    suspects: Callable[[Seen], bool] = lambda _: True
    least: int = 1


@dataclass(frozen=True, slots=True)
class Raised:
    """A flag before it is stored. entries: indexes it rests on, at most 50; concerned: persons none of whom may decide on it.

    unit: of all its look-ups, whose supervisor sees it; empty when they are of several, so that none does.
    """

    id: UUID
    rule: str
    version: int
    time_ms: int
    words: str = field(repr=False)
    concerned: tuple[str, ...] = field(repr=False)
    unit: str
    entries: tuple[int, ...]


def judge(rule: Rule, seen: Seen) -> Raised | None:
    """The flag that a rule raises on a look-up, if any. The same look-ups always give the same flag."""
    found = rule.find(seen)
    if found is None:
        return None
    lookups = found.rests_on
    units = {one.content.unit for one in lookups}
    return Raised(
        id=flag_id(rule.name, rule.version, found.begins.id),
        rule=rule.name,
        version=rule.version,
        time_ms=seen.lookup.time_ms,
        words=found.words,
        concerned=tuple(dict.fromkeys(person for one in lookups for person in one.concerned)),
        unit=units.pop() if len(units) == 1 else "",
        entries=tuple(sorted({index for one in lookups for index in one.entries}))[:MAX_ENTRIES],
    )


def flag_id(rule: str, version: int, begins: UUID) -> UUID:
    """Id of a flag. It names an entry by its id, never a person or a plate: of those a hash could be guessed."""
    return uuid5(FLAGS, f"{rule}/{version}/{begins}")
