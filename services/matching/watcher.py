"""Watching alerts as they come."""

from collections.abc import AsyncGenerator

from services.matching.alert import Alert
from services.matching.bell import Bell
from services.matching.errors import ResumeTokenInvalid
from services.matching.query import AlertQuery, Ground
from services.matching.seal import Broken, Seal
from services.matching.store.hotlists import HotlistStore
from services.matching.store.lookups import LookupStore

SCOPE = "watch"
POSITION_BYTES = 8
LOOK_EVERY_S = 1.0


class Watcher:
    """Alerts in order of position, none left out: a token says after which position a watch goes on."""

    def __init__(self, store: LookupStore, hotlists: HotlistStore, bell: Bell, seal: Seal, region: str) -> None:
        self._store, self._hotlists, self._bell, self._seal, self._region = store, hotlists, bell, seal, region

    async def watch(
        self, ground: Ground, query: AlertQuery, token: str
    ) -> AsyncGenerator[tuple[tuple[Alert, ...], str], None]:
        """Batches with the token to go on after each, for ever; the first is empty and says from where the watch begins.

        Raises ResumeTokenInvalid, HotlistNotFound, PurposeTooOld, or StoreUnavailable, after which the watch may be resumed.
        """
        await self._store.verify_purpose(ground)
        head = await self._store.alert_position()
        position = self._open(token, head) if token else head
        await self._hotlists.verify_exist(ground.zone, query.hotlists)
        yield (), self._close(position)
        while True:
            heard = self._bell.heard
            batch = await self._store.alerts(ground, query, position)
            position = batch.position
            if batch.alerts:
                yield batch.alerts, self._close(position)
            if batch.is_last:
                await self._bell.wait(heard, LOOK_EVERY_S)

    def _close(self, position: int) -> str:
        return self._seal.close(SCOPE, self._region, position.to_bytes(POSITION_BYTES, "big"))

    def _open(self, token: str, head: int) -> int:
        try:
            content = self._seal.open(SCOPE, self._region, token, POSITION_BYTES)
        except Broken:
            raise ResumeTokenInvalid("the resume token was not made by this region", field="resume_token") from None
        position = int.from_bytes(content, "big")
        if position > head:
            # Alerts were lost, with a restored database say. Going on in silence would pass the next ones over.
            raise ResumeTokenInvalid("the resume token is ahead of this region's alerts", field="resume_token")
        return position
