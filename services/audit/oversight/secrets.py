"""The secrets of entries, from which the keys of flags are made."""

from collections.abc import Iterable, Mapping, Sequence

from services.audit import stored
from services.audit.errors import LogAltered
from services.audit.keys import EpochKeys, KeyDestroyed
from services.audit.oversight.history_store import HistoryStore
from services.audit.seal import SealBroken


class Secrets:
    """Unwraps secrets. An entry that was erased has none."""

    def __init__(self, store: HistoryStore, epoch_keys: EpochKeys) -> None:
        self._store, self._epoch_keys = store, epoch_keys

    async def of(self, entries: Iterable[int]) -> dict[int, bytes]:
        """Secrets by index, as far as there are. Raises LogAltered."""
        leaves = {index: stored.leaf(index, data) for index, data in await self._store.leaves(sorted(set(entries)))}
        wrapped = await self._store.secrets({index: leaf.epoch for index, leaf in leaves.items()})
        found = {}
        for index, sealed in wrapped.items():
            leaf = leaves[index]
            if self._epoch_keys.has(leaf.epoch):
                try:
                    found[index] = self._epoch_keys.unwrap(leaf.epoch, leaf.id, sealed)
                except KeyDestroyed:  # since we asked
                    continue
                except SealBroken as cause:
                    raise LogAltered("a stored secret is not that of its entry", index=index) from cause
        return found


def all_of(entries: Sequence[int], secrets: Mapping[int, bytes]) -> list[bytes]:
    """Secrets of these entries in the order of their indexes; nothing when one of them is missing."""
    found = [secrets[index] for index in sorted(entries) if index in secrets]
    return found if len(found) == len(entries) else []
