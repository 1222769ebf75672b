"""The rule that compares officers: far more look-ups on a day than the peers of the unit have on theirs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.audit.oversight.lookup import DAY_MS, Lookup
from services.audit.oversight.rule import MAX_ENTRIES, Raised, Thresholds, flag_id

NAME, VERSION = "volume", 1
WORDS = "More look-ups on a day than 99 of 100 days of the other officers of the unit."
THRESHOLDS: Thresholds = {"percentile": 99, "lookups": 30, "peer_days": 20, "days": 28}


@dataclass(frozen=True, slots=True)
class OfficerDay:
    """A day of an officer: how many look-ups, the first of them, indexes of some, and the counts of the unit's other officers on
    each of their days with look-ups, that day and the 27 before."""

    first: Lookup
    count: int
    indexes: tuple[int, ...]
    peers: Sequence[int] = field(repr=False)


def percentile(values: Sequence[int], percent: int) -> int:
    """The smallest value that so many percent of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def judge(day: OfficerDay, thresholds: Thresholds = THRESHOLDS) -> Raised | None:
    """The flag that the day raises, if any."""
    if day.count < thresholds["lookups"] or len(day.peers) < thresholds["peer_days"]:
        return None
    limit = percentile(day.peers, thresholds["percentile"])
    if day.count <= limit:
        return None
    content = day.first.content
    words = (
        f"{content.actor}{f' of {content.unit}' if content.unit else ''} made {day.count} look-ups on one day (UTC). Of"
        f" {len(day.peers)} days of the unit's other officers {thresholds['percentile']} % had at most {limit}."
    )
    return Raised(
        id=flag_id(NAME, VERSION, day.first.id),
        rule=NAME,
        version=VERSION,
        time_ms=(day.first.day + 1) * DAY_MS,
        words=words,
        concerned=day.first.concerned[:1],
        unit=content.unit,
        entries=tuple(sorted({*day.first.entries, *day.indexes}))[:MAX_ENTRIES],
    )
