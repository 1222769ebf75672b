"""Imports of reference data, and what held at a moment."""

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import structlog

from services.audit import jcs
from services.audit.keys import EpochKeys
from services.audit.oversight import reference, sealing
from services.audit.oversight.by import Book, By
from services.audit.oversight.errors import FileAltered
from services.audit.oversight.reference import Kind, Reference, Row
from services.audit.oversight.reference_store import ReferenceStore
from services.audit.oversight.standing_epoch import standing_epoch
from services.audit.store import Store
from services.common.errors import StoreUnavailable

log = structlog.get_logger()
NOTHING = Reference()


@dataclass(frozen=True, slots=True)
class Imported:
    """A version that is in the store, and where the log tells of it."""

    version: int
    rows: int
    index: int


class References:
    """Reference data. What was opened is kept in memory: versions never change."""

    def __init__(self, store: Store, references: ReferenceStore, book: Book, epoch_keys: EpochKeys) -> None:
        self._store, self._references, self._book, self._epoch_keys = store, references, book, epoch_keys
        self._rows: dict[int, tuple[Row, ...]] = {}
        self._merged: dict[tuple[tuple[int, ...], ...], Reference] = {}

    async def take(self, by: By, kind: Kind, file: bytes, digest: bytes, valid_from_ms: int, *, adds: bool) -> Imported:
        """Imports a file, all or nothing. Raises FileAltered, CsvInvalid, and as `Log.append`."""
        if not hmac.compare_digest(sha256(file).digest(), digest):
            raise FileAltered("the file does not have the SHA-256 that was given", field="sha256")
        rows = await asyncio.to_thread(reference.parse, kind, file)
        content = await asyncio.to_thread(jcs.encode, {"rows": [list(row) for row in rows], "sha256": digest.hex()})
        box = sealing.close(self._epoch_keys, await standing_epoch(self._store, self._epoch_keys), content)
        query = {
            "adds": adds,
            "kind": kind.value,
            "rows": len(rows),
            "sha256": digest.hex(),
            "valid_from_ms": valid_from_ms,
        }

        async def logged() -> int:
            return (await self._book.write(by, "ImportReference", query, result_count=len(rows))).index

        version, index = await self._references.add(kind, valid_from_ms, box, adds=adds, logged=logged)
        return Imported(version, len(rows), index)

    async def at(self, time_ms: int) -> Reference:
        """What held at a moment, by all that was imported up to now."""
        return (await self.timeline()).at(time_ms)

    async def timeline(self) -> "Timeline":
        """What held at any moment: one look at the store for many look-ups."""
        versions = await self._references.versions()
        for version in versions:
            if version.number not in self._rows:
                self._rows[version.number] = await self._open(version.number)
        return Timeline(versions, self._rows, self._merged)

    async def _open(self, number: int) -> tuple[Row, ...]:
        box = await self._references.content(number)
        if not self._epoch_keys.has(box.epoch):
            log.warning("audit.reference_lost", version=number)
            return ()
        content = await asyncio.to_thread(jcs.decode_object, sealing.open_(self._epoch_keys, box))
        rows = content["rows"]
        if not isinstance(rows, list):
            raise StoreUnavailable("reference data cannot be read")
        return tuple(tuple(row) for row in rows)


class Timeline:
    """What held at any moment."""

    def __init__(
        self,
        versions: list[reference.Version],
        rows: Mapping[int, tuple[Row, ...]],
        merged: dict[tuple[tuple[int, ...], ...], Reference],
    ) -> None:
        self._versions, self._rows, self._merged = versions, rows, merged

    def at(self, time_ms: int) -> Reference:
        """What held then."""
        if not self._versions:
            return NOTHING
        numbers = tuple(reference.in_force(self._versions, kind, time_ms) for kind in Kind)
        if numbers not in self._merged:
            if len(self._merged) > 4:
                self._merged.clear()
            rows = {
                kind: [row for number in found for row in self._rows[number]]
                for kind, found in zip(Kind, numbers, strict=True)
            }
            self._merged[numbers] = reference.merge(rows)
        return self._merged[numbers]
