"""Officers' days, compared once they are over."""

from collections.abc import Sequence

from services.audit.keys import TagKeys
from services.audit.oversight import volume
from services.audit.oversight.history import History
from services.audit.oversight.history_store import Count, HistoryStore, Within
from services.audit.oversight.lookup import DAY_MS, SEARCHES, Lookup
from services.audit.oversight.rule import Raised
from services.audit.oversight.volume import OfficerDay


class Days:
    """Judges days by `volume`."""

    def __init__(self, store: HistoryStore, history: History, tag_keys: TagKeys) -> None:
        self._store, self._history, self._tag_keys = store, history, tag_keys

    async def judge(self, day: int, end: int, epochs: Sequence[str]) -> list[Raised]:
        """Flags on a day that is over: `end` is the index of the first entry after it."""
        within = await self._within(day, day, end)
        busy = await self._store.busy(within, volume.THRESHOLDS["lookups"])
        firsts = await self._history.at(one.first for one in busy)
        raised = []
        for one in busy:
            if (first := firsts.get(one.first)) is not None and first.content.unit:
                judged = volume.judge(await self._officer_day(one, first, day, end, epochs))
                raised += [judged] if judged else []
        return raised

    async def _officer_day(self, one: Count, first: Lookup, day: int, end: int, epochs: Sequence[str]) -> OfficerDay:
        within = await self._within(day - volume.THRESHOLDS["days"] + 1, day, end)
        units = [self._tag_keys.tag(epoch, "unit", first.content.unit) for epoch in epochs]
        actors = [self._tag_keys.tag(epoch, "actor", first.content.actor) for epoch in epochs]
        peers = await self._store.peers(within, epochs, units, actors)
        return OfficerDay(first, one.count, tuple(one.indexes), peers)

    async def _within(self, first_day: int, last_day: int, end: int) -> Within:
        from_ms = first_day * DAY_MS
        floor = await self._history.index_at(from_ms, end)
        return Within(from_ms, (last_day + 1) * DAY_MS, floor, end, SEARCHES)
