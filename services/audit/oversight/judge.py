"""All rules on a range of the log."""

import asyncio
from collections.abc import Sequence

from services.audit import epochs
from services.audit.entry import decode_leaf
from services.audit.keys import TagKeys
from services.audit.oversight import rule as rules
from services.audit.oversight.days import Days
from services.audit.oversight.history import History
from services.audit.oversight.history_store import HistoryStore
from services.audit.oversight.lookup import DAY_MS, Lookup
from services.audit.oversight.reference import Reference
from services.audit.oversight.references import References
from services.audit.oversight.rule import SPANS_MS, Raised, Rule, Seen
from services.audit.review import Opened
from services.audit.store import Store

LONGEST_MS = max(SPANS_MS.values())
MONTH_MS = 31 * DAY_MS


class Judge:
    """The rules at work. The same look-ups give the same flags, whatever the range: a rule sees all that went before it."""

    def __init__(
        self,
        *,
        store: Store,
        history_store: HistoryStore,
        history: History,
        references: References,
        tag_keys: TagKeys,
        rules: Sequence[Rule],
    ) -> None:
        self._store, self._history_store, self._history = store, history_store, history
        self._references, self._rules = references, rules
        self._days = Days(history_store, history, tag_keys)

    async def raised(self, opened: Sequence[Opened]) -> list[Raised]:
        """Flags on these entries, which follow each other in the log; each once."""
        if not opened:
            return []
        within = await self._epochs(opened[0].leaf.time_ms)
        timeline = await self._references.timeline()
        known = [(read, timeline.at(read.time_ms)) for read in await self._history.lookups(opened)]
        found = [flag for one in self._rules for flag in await self._by(one, known, within)]
        found += [flag for day, end in await self._ended(opened) for flag in await self._days.judge(day, end, within)]
        once: dict[object, Raised] = {}
        for flag in found:
            once.setdefault(flag.id, flag)
        return list(once.values())

    async def _by(self, one: Rule, known: Sequence[tuple[Lookup, Reference]], within: Sequence[str]) -> list[Raised]:
        alone = [
            Seen(read, (), reference, one.thresholds)
            for read, reference in known
            if (read.results is not None) == one.of_outcomes
        ]
        suspects = [seen for seen in alone if one.suspects(seen)]
        earlier = await self._history.before([seen.lookup for seen in suspects], one.earlier, within, least=one.least)
        raised = []
        for seen, before in zip(suspects, earlier, strict=True):
            judged = rules.judge(one, Seen(seen.lookup, before, seen.reference, seen.thresholds))
            raised += [judged] if judged else []
            await asyncio.sleep(0)  # the log is written by the same loop
        return raised

    async def _epochs(self, time_ms: int) -> tuple[str, ...]:
        """Epochs whose entries can count beside entries of this time and later."""
        oldest = time_ms - LONGEST_MS - MONTH_MS
        return tuple(
            epoch for epoch in await self._store.epochs() if epochs.begin(epoch).timestamp() * 1000 >= oldest - MONTH_MS
        )

    async def _ended(self, opened: Sequence[Opened]) -> list[tuple[int, int]]:
        """Days that ended within the range, each with the index of the first entry after it."""
        before = await self._history_store.range(max(0, opened[0].index - 1), opened[0].index)
        last = [decode_leaf(data).time_ms // DAY_MS for _, data in before]
        ended = []
        for one in opened:
            day = one.leaf.time_ms // DAY_MS
            if last and day != last[-1]:
                ended.append((last[-1], one.index))
            last = [day]
        return ended
