"""When the result of a look-up may leave: once its outcome is durable, under a signed head, or under one that a witness cosigned.

The log decides it by purpose; the service that holds the result waits. The later, the less the operator could still hide: of an
entry under a cosigned head others have the proof before the result is known to anybody.
"""

import asyncio
import time
from collections.abc import Mapping
from enum import StrEnum

from services.audit.entry import OUTCOME, Entry
from services.audit.errors import EntryNotFound, LogBehind
from services.audit.store import Store
from services.common.errors import Invalid

FRESH_S = 0.05
WITHIN_S = 25.0
ANY = "*"


class Release(StrEnum):
    """What is waited for."""

    DURABLE = "durable"
    INTEGRATED = "integrated"
    WITNESSED = "witnessed"


class Policy:
    """What is waited for, by purpose. text: such as "*=durable,oversight=integrated"; a purpose that is not named: as "*"."""

    def __init__(self, text: str = "") -> None:
        self._by_purpose = _parse(text)
        self._else = self._by_purpose.get(ANY, Release.DURABLE)

    def of(self, entry: Entry) -> Release:
        """What the result of this entry waits for. Only an outcome has one."""
        if entry.kind != OUTCOME or entry.content.status != "OK":
            return Release.DURABLE
        return self._by_purpose.get(entry.content.purpose, self._else)


class Heads:
    """Tells when an entry is under a head. However many wait, the database is asked once at a time."""

    def __init__(self, store: Store, *, within_s: float = WITHIN_S) -> None:
        self._store, self._within_s = store, within_s
        self._seen: dict[Release, tuple[float, int, str]] = {}
        self._alone = asyncio.Lock()

    async def until(self, index: int, release: Release) -> str:
        """The head, once there is one over this index. Raises EntryNotFound, and LogBehind when it takes too long."""
        if release is Release.DURABLE:
            raise Invalid("what is durable needs no head", field="release")
        if index >= (await self._store.standing()).next_index:
            raise EntryNotFound("no entry has this index", index=index)
        deadline = time.monotonic() + self._within_s
        while True:
            size, note = await self._newest(release)
            if size > index:
                return note
            if time.monotonic() > deadline:
                raise LogBehind("the entry is under no such head yet", index=index)
            await asyncio.sleep(FRESH_S)

    async def _newest(self, release: Release) -> tuple[int, str]:
        async with self._alone:
            at, size, note = self._seen.get(release, (float("-inf"), -1, ""))
            if time.monotonic() - at > FRESH_S:
                size, note = await self._store.newest_public(witnessed=release is Release.WITNESSED)
                self._seen[release] = (time.monotonic(), size, note)
            return size, note


def _parse(text: str) -> Mapping[str, Release]:
    found: dict[str, Release] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        purpose, separator, word = part.partition("=")
        if not separator or not purpose or purpose in found or word not in set(Release):
            raise ValueError("a release policy has the form *=durable,oversight=integrated")
        found[purpose] = Release(word)
    return found
