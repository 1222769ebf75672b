"""Maintaining hotlists."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from services.common.caller import Caller
from services.common.errors import TooMuch
from services.matching import zones
from services.matching.csv_file import CsvFile, Row
from services.matching.errors import PageTokenInvalid
from services.matching.hotlist import Added, Entry, Hotlist, Imported, NewEntry
from services.matching.seal import Broken, Seal
from services.matching.store.hotlists import HotlistStore
from services.matching.upload import Declared, Uploads

IMPORT_WAITS_S = 60.0
PIECE_BYTES = 256 * 1024
PLATE_BYTES = 64  # 16 characters of at most 4 bytes, filled up with zeros
SCOPE = "entries"


class Lister:
    """The lists of the caller's zone. Raises ZoneForeign when he acts for none."""

    def __init__(self, store: HotlistStore, seal: Seal) -> None:
        self._store, self._seal = store, seal
        self._uploads, self._importing = Uploads(), asyncio.Lock()

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

    async def bring_in(
        self, caller: Caller, hotlist: str, declared: Declared, chunks: AsyncIterator[bytes], *, replace: bool
    ) -> Imported:
        """Imports a CSV file, all or nothing; nothing is locked before it is here.

        Raises CsvInvalid, UploadIncomplete, UploadAltered, HotlistNotFound, or TooMuch when others are imported, or too slow.
        """
        zone = zones.of(caller)
        await self._store.verify_exist(zone, [hotlist])
        async with self._uploads.whole((caller.system, caller.person), declared, chunks) as content, self._turn():
            rows = _rows(CsvFile(await self._store.now()), content)
            return await self._store.bring_in(zone, hotlist, rows, replace=replace)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One import at a time: more would only wait for each other in the database."""
        try:
            async with asyncio.timeout(IMPORT_WAITS_S):
                await self._importing.acquire()
        except TimeoutError:
            raise TooMuch("other imports are going on", retry_delay_s=10.0) from None
        try:
            yield
        finally:
            self._importing.release()

    def _close(self, scope: str, plate: str) -> str:
        return self._seal.close(SCOPE, scope, plate.encode().ljust(PLATE_BYTES, b"\0"))

    def _open(self, scope: str, token: str) -> str:
        try:
            return self._seal.open(SCOPE, scope, token, PLATE_BYTES).rstrip(b"\0").decode()
        except Broken:
            raise PageTokenInvalid("the page token was not made for this request", field="page_token") from None


async def _rows(file: CsvFile, content: bytearray) -> AsyncIterator[list[Row]]:
    """The rows of the file. A thread parses, so that other calls go on."""
    for start in range(0, len(content), PIECE_BYTES):
        yield await asyncio.to_thread(file.feed, bytes(content[start : start + PIECE_BYTES]))
    yield await asyncio.to_thread(file.finish)
