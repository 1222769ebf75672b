"""Taking reads in."""

from collections.abc import Sequence
from uuid import UUID

from services.common.errors import Invalid
from services.common.limit import Limit
from services.matching import metrics
from services.matching.errors import ReadConflict
from services.matching.sighting import Read, Recorded
from services.matching.store.sightings import SightingStore

MAX_BATCHES = 64  # at once: as many as wait for a connection within a caller's deadline


class Recorder:
    """Stores the reads of one region, and matches each against the hotlists in the transaction that stores it."""

    def __init__(self, store: SightingStore, region: str) -> None:
        self._store, self._region = store, region
        self._batches = Limit(MAX_BATCHES, "too many batches at once")

    async def record(self, reads: Sequence[Read]) -> Recorded:
        """All or none. Raises ReadConflict when a read id has another content, here or in the store, or TooMuch."""
        if any(read.region != self._region for read in reads):
            raise Invalid("a read was taken in another region", field="reads.region")
        with self._batches.held():
            recorded = await self._store.record(_distinct(reads))
        metrics.BATCH_SIZE.observe(len(reads))
        metrics.RECORDED.inc(recorded.recorded)
        metrics.REPEATED.inc(len(reads) - recorded.recorded)
        metrics.ALERTS.labels("recording").inc(recorded.alerts)
        return recorded


def _distinct(reads: Sequence[Read]) -> list[Read]:
    found: dict[UUID, Read] = {}
    for read in reads:
        if found.setdefault(read.read_id, read) != read:
            raise ReadConflict("a read id comes twice with another content")
    return list(found.values())
