"""Placing holds, and keeping their tags up to date.

What must hold:
1. The entry of a hold is in the log before the hold.
2. A hold reaches into every epoch, those that open later too. One whose tags are missing there holds the epoch as a whole: what
   is not known to be free is not destroyed.
3. A hold holds its own entry: without that nobody could say what it holds.
"""

from services.audit.erasure import hold, record
from services.audit.erasure.hold import Criteria, Hold
from services.audit.erasure.hold_store import HoldStore, Stored
from services.audit.erasure.record import Record
from services.audit.errors import EntryErased
from services.audit.keys import TagKeys
from services.audit.oversight.by import By
from services.audit.review import Review

LISTED = 500


class Holds:
    """Legal holds."""

    def __init__(self, *, store: HoldStore, record_: Record, review: Review, tag_keys: TagKeys) -> None:
        self._store, self._record, self._review, self._tag_keys = store, record_, review, tag_keys

    async def place(self, by: By, criteria: Criteria, reference: str, ground: str) -> Hold:
        """Holds what fits. Raises as `Log.append`."""
        content = record.by_person(by, "PlaceHold", criteria.query(reference), ground)
        placed = await self._record.write(content)  # 1
        number = await self._store.place(placed, criteria, self._tags(criteria, await self._store.epochs()))
        return Hold(number, placed, is_lifted=False, criteria=criteria, reference=reference)

    async def refresh(self) -> None:
        """Adds the tags of epochs that opened since (2). Called before anything is destroyed."""
        for stored in await self._store.untagged():
            found = await self._opened(stored)
            if found.criteria is not None:
                await self._store.add(stored.number, self._tags(found.criteria, await self._store.epochs()))

    async def one(self, number: int) -> Hold:
        """A hold. Raises HoldNotFound."""
        return await self._opened(await self._store.one(number))

    async def listed(self, *, only_standing: bool) -> list[Hold]:
        """Holds, newest first, at most 500."""
        return [
            await self._opened(stored) for stored in await self._store.holds(only_standing=only_standing, limit=LISTED)
        ]

    async def _opened(self, stored: Stored) -> Hold:
        criteria, reference = None, None
        try:
            content = (await self._review.entry(stored.placed_index)).content
        except EntryErased:
            content = None  # lifted, and its epoch is over
        if content is not None:
            criteria, reference = hold.read(content)
        return Hold(stored.number, stored.placed_index, stored.is_lifted, criteria, reference)

    def _tags(self, criteria: Criteria, epochs: list[str]) -> dict[tuple[str, str], bytes]:
        return {
            (epoch, name): self._tag_keys.tag(epoch, name, getattr(criteria, name))
            for epoch in epochs
            for name in criteria.fields
        }
