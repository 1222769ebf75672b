"""Samples: drawn once, listed, and justified by the supervisor of the unit."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.audit import stored
from services.audit.errors import EntryErased
from services.audit.jcs import Value
from services.audit.keys import TagKeys
from services.audit.oversight import week as weeks
from services.audit.oversight.by import Book, By
from services.audit.oversight.errors import NoSeedYet, NotOneself, SampleNotFound, UnitMissing
from services.audit.oversight.history import History
from services.audit.oversight.lookup import DAY_MS, person
from services.audit.oversight.sample_store import END, Draw, Drawing, OfUnit, Sample, SampleStore, Wanted
from services.audit.oversight.week import OF_EACH_UNIT, Seed, Week
from services.audit.review import Opened, Review
from services.audit.store import Store
from services.common.errors import Invalid

MAX_LISTED = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """A sample with its look-up, and with who justified it and how; empty while nobody did, or when that was erased."""

    sample: Sample
    lookup: Opened
    justified_by: str = field(default="", repr=False)
    justification: str = field(default="", repr=False)


class Samples:
    """The weekly sample."""

    def __init__(
        self,
        *,
        store: Store,
        samples: SampleStore,
        history: History,
        review: Review,
        book: Book,
        tag_keys: TagKeys,
    ) -> None:
        self._store, self._samples, self._history = store, samples, history
        self._review, self._book, self._tag_keys = review, book, tag_keys

    async def draw(self, by: By, week_name: str) -> tuple[Draw, list[int]]:
        """Draws the sample of a week, or gives the one that was drawn, as far as the caller may see it.

        Raises Invalid while the week is not over, NoSeedYet, and as `Log.append`.
        """
        week = weeks.week(week_name)
        standing = await self._store.standing()
        if standing.now_ms < week.end_ms:
            raise Invalid("the week is not over", field="week")
        async with self._samples.drawing(week.name) as drawing:
            draw = drawing.drawn or await self._drawn(by, week, standing.next_index, drawing)
        wanted = Wanted(week=week.name, units=await self._units(by))
        return draw, [one.index for one in await self._samples.samples(wanted, limit=END)]

    async def _drawn(self, by: By, week: Week, size: int, drawing: Drawing) -> Draw:
        floor = await self._history.index_at(week.begin_ms, size)
        covers = await self._history.index_at(week.end_ms, size)
        found = weeks.seed(await self._samples.heads(covers), covers, week.end_ms)
        if found is None:
            raise NoSeedYet("no head that covers the week was published yet with a cosignature from after it")
        groups = await self._samples.lookups(week.begin_ms, week.end_ms, floor=floor, size=covers)
        names = await self._names(groups)
        chosen = await asyncio.to_thread(_chosen, found, groups, names)
        query: dict[str, Value] = {
            "of_each_unit": OF_EACH_UNIT,
            "sampled": len(chosen),
            "seed": found.value.hex(),
            "size": found.size,
            "week": week.name,
        }
        written = await self._book.write(by, "DrawSample", query, result_count=len(chosen))
        draw = Draw(found.size, found.line, OF_EACH_UNIT, written.time_ms, written.index)
        await drawing.keep(draw, [(index, *place) for index, place in sorted(chosen.items())])
        return draw

    async def _names(self, groups: list[OfUnit]) -> dict[tuple[str, bytes | None], str]:
        """Names of units by epoch and tag."""
        read = await self._history.at(group.indexes[0] for group in groups)
        return {
            (group.epoch, group.unit): (
                read[group.indexes[0]].content.unit
                if group.indexes[0] in read
                else f"{group.epoch} {(group.unit or b'').hex()}"
            )
            for group in groups
        }

    async def listed(self, by: By, week_name: str, *, overdue_days: int, only_open: bool) -> list[Listed]:
        """Samples that the caller may see. Raises UnitMissing, LogAltered."""
        standing = await self._store.standing()
        wanted = Wanted(
            week=weeks.week(week_name).name if week_name else None,
            units=await self._units(by),
            only_open=only_open or overdue_days > 0,
            drawn_before_ms=standing.now_ms - overdue_days * DAY_MS if overdue_days else END,
        )
        return [await self._listed(one) for one in await self._samples.samples(wanted, limit=MAX_LISTED)]

    async def _listed(self, sample: Sample) -> Listed:
        lookup = await self._entry(sample.index)
        if sample.justified_by is None:
            return Listed(sample, lookup)
        content = (await self._entry(sample.justified_by)).content
        return Listed(sample, lookup, content.actor if content else "", content.reason if content else "")

    async def justify(self, by: By, week_name: str, index: int, justification: str) -> int:
        """Justifies a look-up of the own unit; returns the index of the entry that says so.

        Raises SampleNotFound, EntryErased, NotOneself, AlreadyDecided, UnitMissing, and as `Log.append`.
        """
        name = weeks.week(week_name).name
        if not by.unit:
            raise UnitMissing("a supervisor has a unit")
        wanted = Wanted(week=name, index=index, units=await self._tags(by.unit))
        if not await self._samples.samples(wanted, limit=1):
            raise SampleNotFound("there is no such sample")
        content = (await self._review.entry(index)).content
        if content is None:
            raise EntryErased("what this entry said was erased", index=index)
        if by.is_one_of((person(content.actor), person(content.on_behalf_of))):
            raise NotOneself("nobody decides about himself")
        async with self._samples.justification(name, index) as taken:
            query: dict[str, Value] = {"index": index, "week": name}
            written = await self._book.write(by, "JustifySample", query, justification)
            await taken.take(written.index, written.time_ms)
        return written.index

    async def _entry(self, index: int) -> Opened:
        """An entry, without content when it was erased."""
        try:
            return await self._review.entry(index)
        except EntryErased:
            data = await self._store.leaf(index)
            return Opened(index, data, stored.leaf(index, data), None)

    async def _units(self, by: By) -> list[bytes] | None:
        if by.sees_all:
            return None
        if not by.unit:
            raise UnitMissing("a supervisor has a unit")
        return await self._tags(by.unit)

    async def _tags(self, unit: str) -> list[bytes]:
        return [self._tag_keys.tag(epoch, "unit", unit) for epoch in await self._store.epochs()]


def _chosen(
    found: Seed, groups: list[OfUnit], names: Mapping[tuple[str, bytes | None], str]
) -> dict[int, tuple[str, bytes | None]]:
    """Sampled look-ups by index, with epoch and tag of their unit. A unit has another tag in each epoch."""
    places = {index: (group.epoch, group.unit) for group in groups for index in group.indexes}
    by_unit: dict[str, list[int]] = {}
    for index, place in places.items():
        by_unit.setdefault(names[place], []).append(index)
    return {index: places[index] for drawn in weeks.draw(found.value, by_unit).values() for index in drawn}
