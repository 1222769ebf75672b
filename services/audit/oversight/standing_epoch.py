"""Under which key oversight encrypts what is no entry: that of the current month."""

from datetime import UTC, datetime

from services.audit import epochs
from services.audit.keys import EpochKeys, KeyProblem
from services.audit.store import Store


async def standing_epoch(store: Store, keys: EpochKeys) -> str:
    """The epoch of now, or the newest that is open when that one is not yet. Raises KeyProblem while there is none."""
    open_ = [epoch for epoch in await store.epochs() if keys.has(epoch)]
    now = epochs.of(datetime.now(UTC))
    if not open_:
        raise KeyProblem("no epoch is open")
    return now if now in open_ else open_[-1]
