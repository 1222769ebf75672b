"""Statistics for the public: counts of whole months that are over, with the small ones suppressed (suppression.py).

A month is told once it is over and all of it was counted, and then always alike: there are no sums over months, and no month that
still grows, so that two answers never differ by what one of them hides.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.audit.keys import EpochKeys, TagKeys
from services.audit.oversight import sealing, suppression
from services.audit.oversight.errors import MonthInvalid
from services.audit.oversight.flag_store import FlagStore
from services.audit.oversight.history import History
from services.audit.oversight.tally_store import Tallied, TallyStore
from services.audit.store import Store

MAX_MONTHS = 36
PUBLIC = "kind"  # leaves are public, and show their kind
SUPPRESSED = ("purpose", "legal_ground", "rpc", "status", "refusal", "flags_raised", "flags_justified", "flags_upheld")
UNREADABLE = "(no longer readable)"
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")

Table = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Month:
    """Tables of a month by dimension; a count is None when it is not told."""

    name: str
    tables: Mapping[str, Table]


class Statistics:
    """The statistics."""

    def __init__(
        self,
        *,
        store: Store,
        tallies: TallyStore,
        flags: FlagStore,
        history: History,
        epoch_keys: EpochKeys,
        tag_keys: TagKeys,
    ) -> None:
        self._store, self._tallies, self._flags, self._history = store, tallies, flags, history
        self._epoch_keys, self._tag_keys = epoch_keys, tag_keys

    async def months(self, first: str, last: str) -> list[Month]:
        """Months from the first to the last. Raises MonthInvalid unless all of them are over and counted."""
        names = list(between(first, last))
        standing = await self._store.standing()
        _, end_ms = bounds(names[-1])
        if standing.now_ms < end_ms:
            raise MonthInvalid("the last month is not over", field="last_month")
        if await self._flags.position() < await self._history.index_at(end_ms, standing.next_index):
            raise MonthInvalid("the rules have not counted all of the last month yet", field="last_month")
        return [await self._month(name) for name in names]

    async def _month(self, name: str) -> Month:
        tallied = await self._tallies.month(name)
        counts: dict[str, Counter[str]] = {}
        for one in tallied:
            counts.setdefault(one.dimension, Counter())[one.word] += one.count
        for dimension, rule, count in await self._tallies.flags(*bounds(name)):
            counts.setdefault(dimension, Counter())[rule] += count
        zones, units = self._places(name, await self._by_zone(tallied))
        tables: dict[str, Table] = {PUBLIC: dict(counts.get(PUBLIC, {}))}
        for dimension in SUPPRESSED:
            tables[dimension] = suppression.suppress(counts.get(dimension, {}), self._choice(name, dimension))
        return Month(name, {**tables, "zone": zones, "unit": units})

    def _places(self, month: str, groups: Mapping[str, Mapping[str, int]]) -> tuple[Table, Table]:
        zones, within = suppression.suppress_within(groups, self._choice(month, "zone"))
        return zones, {f"{zone}/{unit}": count for zone, cells in within.items() for unit, count in cells.items()}

    async def _by_zone(self, tallied: Sequence[Tallied]) -> dict[str, Counter[str]]:
        """Look-ups by zone and unit, by name: the tags of two epochs may stand for the same one."""
        of_units = [one for one in tallied if one.dimension == "unit"]
        names = await self._names({one.epoch for one in of_units})
        found: dict[str, Counter[str]] = {}
        for one in of_units:
            zone, unit = (names.get((one.epoch, tag), UNREADABLE) for tag in (one.zone, one.unit))
            found.setdefault(zone, Counter())[unit] += one.count
        return found

    async def _names(self, epochs: Iterable[str]) -> dict[tuple[str, bytes], str]:
        readable = [epoch for epoch in epochs if self._epoch_keys.has(epoch)]
        boxes = await self._tallies.names(readable)
        return {place: sealing.open_(self._epoch_keys, box).decode() for place, box in boxes.items()}

    def _choice(self, month: str, dimension: str) -> suppression.Choice:
        return lambda name: self._tag_keys.tag("statistics", dimension, f"{month}\0{name}")


def between(first: str, last: str) -> Iterator[str]:
    """Names of months. Raises MonthInvalid for what is none, for a reversed window, and for more than 36."""
    begin, end = _number(first, "first_month"), _number(last, "last_month")
    if not begin <= end < begin + MAX_MONTHS:
        raise MonthInvalid(f"a window has 1 to {MAX_MONTHS} months", field="last_month")
    return (f"{number // 12:04}-{number % 12 + 1:02}" for number in range(begin, end + 1))


def bounds(month: str) -> tuple[int, int]:
    """from_ms <= t < until_ms of a month."""
    number = _number(month, "month")
    return _begin_ms(number), _begin_ms(number + 1)


def _number(month: str, field: str) -> int:
    match = _MONTH.fullmatch(month)
    if match is None or not 1970 <= int(match[1]) < 9999:
        raise MonthInvalid("a month has the form 2026-11", field=field)
    return int(match[1]) * 12 + int(match[2]) - 1


def _begin_ms(number: int) -> int:
    return round(datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)
