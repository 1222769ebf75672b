"""Maintaining hotlists."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from services.common.caller import Caller
from services.common.errors import TooMuch
from services.matching import zones
from services.matching.csv_file import CsvFile, Row
from services.matching.errors import PageTokenInvalid
from services.matching.hotlist import Added, Entry, Hotlist, Imported, NewEntry
from services.matching.seal import Broken, Seal
from services.matching.store.hotlists import HotlistStore

IMPORT_TIMEOUT_S = 300.0
PLATE_BYTES = 64  # 16 characters of at most 4 bytes, filled up with zeros
SCOPE = "entries"


class Lister:
    """The lists of the caller's zone. Raises ZoneForeign when he acts for none."""

    def __init__(self, store: HotlistStore, seal: Seal) -> None:
        self._store, self._seal = store, seal
        self._importing = asyncio.Lock()

    async def create(self, caller: Caller, hotlist: Hotlist) -> Hotlist:
        """Raises HotlistExists."""
        zones.verify_own(caller, hotlist.zone)
        await self._store.create(hotlist)
        return hotlist

    async def hotlists(self, caller: Caller) -> tuple[tuple[Hotlist, ...], int]:
        """The lists by priority, and the version of all lists."""
        return await self._store.hotlists(zones.of(caller))

    async def add(self, caller: Caller, hotlist: str, entries: Sequence[tuple[UUID, NewEntry]]) -> Added:
        """Adds all or none. Raises HotlistNotFound, EntryExists or Invalid."""
        return await self._store.add(zones.of(caller), hotlist, entries)

    async def remove(self, caller: Caller, hotlist: str, entries: frozenset[UUID]) -> int:
        """Takes all off or none. Returns the version from which they are gone. Raises EntryNotFound."""
        return await self._store.remove(zones.of(caller), hotlist, entries)

    async def entries(
        self, caller: Caller, hotlist: str, *, plate: str, limit: int, token: str
    ) -> tuple[tuple[Entry, ...], str]:
        """A page of the entries on the list, by plate, and the token of the next page; empty when this is the last."""
        zone = zones.of(caller)
        scope = "\n".join((zone, hotlist, plate))
        after = self._open(scope, token) if token else ""
        found = await self._store.entries(zone, hotlist, plate, after, limit + 1)
        page = found[:limit]
        return page, self._close(scope, page[-1].content.plate) if len(found) > limit else ""

    async def bring_in(self, caller: Caller, hotlist: str, chunks: AsyncIterator[bytes], *, replace: bool) -> Imported:
        """Imports a CSV file, all or nothing. Raises CsvInvalid, HotlistNotFound, or TooMuch when one is going on already."""
        if self._importing.locked():
            raise TooMuch("another import is going on", retry_delay_s=10.0)
        async with self._importing:
            rows = _rows(CsvFile(await self._store.now()), chunks)
            try:
                async with asyncio.timeout(IMPORT_TIMEOUT_S):
                    return await self._store.bring_in(zones.of(caller), hotlist, rows, replace=replace)
            except TimeoutError:
                raise TooMuch("the import took too long", retry_delay_s=60.0) from None

    def _close(self, scope: str, plate: str) -> str:
        return self._seal.close(SCOPE, scope, plate.encode().ljust(PLATE_BYTES, b"\0"))

    def _open(self, scope: str, token: str) -> str:
        try:
            return self._seal.open(SCOPE, scope, token, PLATE_BYTES).rstrip(b"\0").decode()
        except Broken:
            raise PageTokenInvalid("the page token was not made for this request", field="page_token") from None


async def _rows(file: CsvFile, chunks: AsyncIterator[bytes]) -> AsyncIterator[list[Row]]:
    """The rows of the file. A thread parses, so that other calls go on."""
    async for chunk in chunks:
        yield await asyncio.to_thread(file.feed, chunk)
    yield await asyncio.to_thread(file.finish)
