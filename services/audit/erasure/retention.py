"""The end of an epoch: when its retention is over, what its entries say is dropped and its key destroyed. The leaves stay.

What must hold:
1. Whether an epoch is due is decided by PostgreSQL's clock and the time of its last entry, in the transaction that drops it.
2. Nothing is dropped while anything in the epoch is under a hold.
3. planned -> logged -> dropped -> destroyed. The entry comes before the drop, the drop before the key, and an entry of kind key
   last. Each step may be made again; whoever finds an epoch in between goes on.
4. Look-ups do not wait for it: a table that is in use is left for the moment.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.audit.entry import Content
from services.audit.erasure import record
from services.audit.erasure.errors import EntryHeld, NotDue, TablesBusy
from services.audit.erasure.holds import Holds
from services.audit.erasure.record import KEY, Record
from services.audit.erasure.retention_store import Age, Ending, RetentionStore
from services.audit.jcs import Value
from services.audit.keys import EpochKeys

TRIES, PAUSE_S = 20, 0.2


class Fate(StrEnum):
    """What becomes of an epoch in a run."""

    KEPT = "kept"
    HELD = "held"
    DUE = "due"
    DESTROYED = "destroyed"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: each epoch's fate, and what is left of those that were destroyed, in words; nothing, when all is well."""

    epochs: tuple[tuple[Age, Fate], ...]
    remains: tuple[str, ...]


class Retention:
    """Ends epochs."""

    def __init__(self, *, store: RetentionStore, holds: Holds, record_: Record, epoch_keys: EpochKeys) -> None:
        self._store, self._holds, self._record, self._epoch_keys = store, holds, record_, epoch_keys

    async def run(self, *, dry: bool) -> Report:
        """Ends what is due, or only says so. Raises StoreUnavailable, and as `Log.append`."""
        await self._holds.refresh()
        ages = await self._store.ages()
        if dry:
            return Report(tuple((age, _fate(age)) for age in ages), await self._remains())
        await self.finish_all()
        fates = tuple([(age, await self._end(age)) for age in ages])
        return Report(fates, await self._remains())

    async def finish_all(self) -> None:
        """Goes on with ends that have begun, and forgets keys that another process has destroyed."""
        for epoch in await self._store.unfinished():
            await self._holds.refresh()
            await self.finish(epoch)
        for epoch in await self._store.destroyed():
            self._epoch_keys.has(epoch)

    async def finish(self, epoch: str) -> Fate:
        """Goes on with the end of an epoch (3)."""
        async with self._store.step(epoch) as step:
            if step.ending.state == "planned":
                await step.log(await self._record.write(_before(step.ending), entry_id=step.ending.entry_id))
        try:
            await self._drop(epoch)
        except EntryHeld:
            return Fate.HELD  # 2
        except NotDue:
            return Fate.KEPT
        except TablesBusy:
            return Fate.BUSY
        async with self._store.step(epoch) as step:
            if step.ending.state == "dropped":
                await asyncio.to_thread(self._epoch_keys.destroy, epoch)
                written = await self._record.write(_after(step.ending), kind=KEY, entry_id=step.ending.key_entry_id)
                await step.end(written)
        return Fate.DESTROYED

    async def _end(self, age: Age) -> Fate:
        if (fate := _fate(age)) is not Fate.DUE:
            return fate
        await self._store.plan(age)
        return await self.finish(age.epoch)

    async def _drop(self, epoch: str) -> None:
        for _ in range(TRIES - 1):
            try:
                return await self._drop_once(epoch)
            except TablesBusy:
                await asyncio.sleep(PAUSE_S)  # 4
        return await self._drop_once(epoch)

    async def _drop_once(self, epoch: str) -> None:
        async with self._store.step(epoch) as step:
            if step.ending.state == "logged":
                await step.drop()  # 1, 2

    async def _remains(self) -> tuple[str, ...]:
        stored = [f"{epoch}: {what}" for epoch, what in await self._store.remains()]
        keys = [epoch for epoch in await self._store.destroyed() if not self._epoch_keys.is_destroyed(epoch)]
        return (*stored, *(f"{epoch}: its key" for epoch in keys))


def _fate(age: Age) -> Fate:
    if not age.is_due:
        return Fate.KEPT
    return Fate.DUE if age.hold is None else Fate.HELD


def _before(ending: Ending) -> Content:
    span: Sequence[tuple[str, int | None]] = (("first", ending.first), ("last", ending.last))
    query = {name: index for name, index in span if index is not None}
    return record.by_itself(
        {"epoch": ending.epoch, **query, "step": "epoch"}, f"the retention of {ending.keep} is over"
    )


def _after(ending: Ending) -> Content:
    query: dict[str, Value] = {"epoch": ending.epoch, "erasure": ending.logged_index or 0, "step": "destroyed"}
    return record.by_itself(query, "the key of the epoch was destroyed")
