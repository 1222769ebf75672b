"""Looking sightings up."""

import json
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.matching.errors import PageTokenInvalid
from services.matching.query import Ground, Place, PlateQuery
from services.matching.seal import Broken, Seal
from services.matching.sighting import Sighting
from services.matching.store.lookups import LookupStore

SCOPE = "passages"
TIME_BYTES, ID_BYTES = 8, 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Reader:
    """Passages for people with a ground. Each page is a look-up of its own, checked anew."""

    def __init__(self, store: LookupStore, seal: Seal) -> None:
        self._store, self._seal = store, seal

    async def passages(
        self, ground: Ground, query: PlateQuery, *, limit: int, token: str
    ) -> tuple[tuple[Sighting, ...], str]:
        """A page, newest first, and the token of the next; empty when this is the last.

        Raises PageTokenInvalid, DecisionRequired, DecisionNotCovering or PurposeTooOld.
        """
        scope = json.dumps([ground.zone, *astuple(query)], default=str)
        after = self._open(scope, token) if token else None
        page = await self._store.plate(ground, query, limit, after)
        return page.sightings, self._close(scope, page.next) if page.next else ""

    def _close(self, scope: str, place: Place) -> str:
        time = ((place.captured_at - EPOCH) // MICROSECOND).to_bytes(TIME_BYTES, "big", signed=True)
        return self._seal.close(SCOPE, scope, time + place.read_id.bytes)

    def _open(self, scope: str, token: str) -> Place:
        try:
            content = self._seal.open(SCOPE, scope, token, TIME_BYTES + ID_BYTES)
        except Broken:
            raise PageTokenInvalid("the page token was not made for this request", field="page_token") from None
        time = int.from_bytes(content[:TIME_BYTES], "big", signed=True)
        return Place(EPOCH + time * MICROSECOND, UUID(bytes=content[TIME_BYTES:]))
