"""The log as the rules read it: a range of entries, and what went before each look-up, opened and compared with the leaves."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

import structlog
from psycopg import sql

from services.audit import stored, tags
from services.audit.errors import LogAltered
from services.audit.keys import TagKeys
from services.audit.oversight import history_store, lookup
from services.audit.oversight.history_store import HistoryStore, Key
from services.audit.oversight.lookup import Lookup
from services.audit.oversight.rule import SPANS_MS, Earlier
from services.audit.review import Opened, Review

log = structlog.get_logger()

MAX_KEPT = 10_000
FOUND_BY: Mapping[Earlier, sql.SQL] = {
    Earlier.DAY: history_store.OF_ACTOR,
    Earlier.PLATE: history_store.OF_ACTOR_AND_PLATE,
    Earlier.CASE: history_store.OF_CASE,
    Earlier.GUESSES: history_store.OF_GUESSES,
}


class History:
    """Reads look-ups. What was opened is kept for a while, as a look-up is history to many that follow."""

    def __init__(self, store: HistoryStore, review: Review, tag_keys: TagKeys) -> None:
        self._store, self._review, self._tag_keys = store, review, tag_keys
        self._kept: OrderedDict[int, Lookup] = OrderedDict()

    async def opened(self, first: int, end: int) -> list[Opened]:
        """Entries with first <= index < end. One that does not fit its leaf is told to the operator's log, and left out."""
        return await self._open(dict(await self._store.range(first, end)))

    async def lookups(self, entries: Iterable[Opened]) -> list[Lookup]:
        """The look-ups among entries, those of outcomes with the index of their intent."""
        entries = list(entries)
        refs = [one.leaf.ref for one in entries if one.leaf.ref is not None]
        intents = await self._store.indexes(refs) if refs else {}
        found = []
        for one in entries:
            ref = one.leaf.ref
            read = lookup.asked(one)
            if read is None and ref is not None and ref in intents:
                read = lookup.answered(one, intents[ref])
            if read is not None:
                found.append(self._keep(read))
        return found

    async def before(
        self, asked: Sequence[Lookup], earlier: Earlier, epochs: Sequence[str], *, least: int = 1
    ) -> list[list[Lookup]]:
        """For each look-up those that went before it, in the order of the log; none where they are fewer than `least` with it."""
        if not asked or earlier is Earlier.NOTHING:
            return [[] for _ in asked]
        span_ms = SPANS_MS[earlier]
        begin_ms = min(_begin(one, earlier, span_ms) for one in asked)
        floor, end = await self.index_at(begin_ms, asked[0].entries[-1]), asked[-1].entries[-1] + 1
        values = list(dict.fromkeys(_values(one, earlier) for one in asked))
        keys = [
            Key(number, epoch, *self._tags(epoch, value, earlier))
            for number, value in enumerate(values)
            for epoch in epochs
        ]
        found = await self._store.earlier(FOUND_BY[earlier], keys, floor=floor, end=end)
        by_key = {number: indexes for number, indexes in found.items() if len(indexes) >= least}
        read = await self.at({index for indexes in by_key.values() for index in indexes})
        by_value = {
            value: sorted((read[index] for index in by_key.get(number, ()) if index in read), key=_place)
            for number, value in enumerate(values)
        }
        return [
            [
                other
                for other in by_value[_values(one, earlier)]
                if _place(other) < _place(one) and other.time_ms >= _begin(one, earlier, span_ms)
            ]
            for one in asked
        ]

    async def index_at(self, time_ms: int, below: int) -> int:
        """The first index of this log time or later, `below` if there is none before it: log times only rise."""
        low, high = 0, below
        while low < high:
            middle = (low + high) // 2
            ((index, leaf),) = await self._store.range(middle, middle + 1)
            low, high = (middle + 1, high) if stored.leaf(index, leaf).time_ms < time_ms else (low, middle)
        return low

    def forget(self) -> None:
        """Keeps nothing: what is erased must not stay in memory for long."""
        self._kept.clear()

    async def at(self, indexes: Iterable[int]) -> dict[int, Lookup]:
        """Look-ups by index of the entry that they were read from."""
        wanted = set(indexes)
        found = {index: self._kept[index] for index in wanted if index in self._kept}
        missing = sorted(wanted - set(found))
        if missing:
            opened = await self._open(dict(await self._store.leaves(missing)))
            found |= {_place(read): read for read in await self.lookups(opened)}
        return found

    async def _open(self, leaves: Mapping[int, bytes]) -> list[Opened]:
        epochs = {}
        for index, leaf in leaves.items():
            try:
                epochs[index] = stored.leaf(index, leaf).epoch
            except LogAltered:
                _tell(index)
        entries = []
        for hit in await self._store.hits({index: leaves[index] for index in epochs}, epochs):
            try:
                entries.append(self._review.open(hit))
            except LogAltered:
                _tell(hit.index)
            await asyncio.sleep(0)
        return entries

    def _tags(self, epoch: str, value: tuple[str, ...], earlier: Earlier) -> tuple[bytes, ...]:
        fields = {Earlier.PLATE: ("actor", "plate"), Earlier.CASE: ("case_reference",)}.get(earlier, ("actor",))
        return tuple(self._tag_keys.tag(epoch, name, text) for name, text in zip(fields, value, strict=True))

    def _keep(self, read: Lookup) -> Lookup:
        self._kept[_place(read)] = read
        self._kept.move_to_end(_place(read))
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return read


def _tell(index: int) -> None:
    """Somebody must look: what is stored there was altered."""
    log.error("audit.oversight_altered", index=index)


def _place(read: Lookup) -> int:
    """Index of the entry that it was read from."""
    return read.entries[-1]


def _begin(one: Lookup, earlier: Earlier, span_ms: int) -> int:
    """From when on others count: of a day since its beginning, else so long before."""
    if earlier in (Earlier.DAY, Earlier.GUESSES):
        return one.time_ms // lookup.DAY_MS * lookup.DAY_MS - (lookup.DAY_MS if earlier is Earlier.GUESSES else 0)
    return one.time_ms - span_ms + 1


def _values(one: Lookup, earlier: Earlier) -> tuple[str, ...]:
    content = one.content
    if earlier is Earlier.PLATE:
        return content.actor, tags.normal(one.plates[0]) if one.plates else ""
    if earlier is Earlier.CASE:
        return (content.case_reference,)
    return (content.actor,)
