"""Epochs of keys: each month and retention class has a key of its own, destroyed when the law says so."""

import asyncio
from datetime import UTC, datetime, timedelta

from services.audit.keys import EpochKeys, KeyDestroyed, KeyProblem, TagKeys
from services.common.database import Database

RETENTION_CLASS = "std"

IS_OPEN = "SELECT count(*) FROM audit.epoch WHERE name = %(name)s"
IS_DESTROYED = "SELECT count(*) FROM audit.epoch WHERE name = %(name)s AND destroyed_at IS NOT NULL"
OPEN_EPOCH = "SELECT key_check, tag_check FROM audit.open_epoch(%(name)s, %(key_check)s, %(tag_check)s)"


def of(moment: datetime) -> str:
    """The epoch of a moment, such as 2026-11/std."""
    return f"{moment.astimezone(UTC):%Y-%m}/{RETENTION_CLASS}"


def begin(epoch: str) -> datetime:
    """First moment of an epoch."""
    return datetime(int(epoch[:4]), int(epoch[5:7]), 1, tzinfo=UTC)


def after(epoch: str) -> str:
    """The epoch of the next month."""
    return of(begin(epoch) + timedelta(days=32))


class Epochs:
    """Opens epochs: key, row and partitions, once per process and epoch. `database`: as audit_appender."""

    def __init__(self, database: Database, keys: EpochKeys, tags: TagKeys) -> None:
        self._database, self._keys, self._tags = database, keys, tags
        self._open: set[str] = set()
        self._lock = asyncio.Lock()

    async def open(self, epoch: str) -> None:
        """Makes sure that entries of this epoch can be written and read again.

        Raises KeyDestroyed when the epoch's time is over; KeyProblem when it was opened with other keys than those at hand or its
        key is lost: a new key in its place would hide that what was written before can no longer be read. Raises
        StoreUnavailable.
        """
        if epoch in self._open:
            return
        async with self._lock:
            if not self._keys.has(epoch):
                if self._keys.is_destroyed(epoch) or await self._is_destroyed(epoch):
                    raise KeyDestroyed(f"epoch {epoch} was destroyed: its retention is over")
                # Looked at again: another replica may have made the key and opened the epoch since.
                if await self._is_open(epoch) and not self._keys.has(epoch):
                    raise KeyProblem(f"the key of epoch {epoch} is lost")
                self._keys.create(epoch)
            checks = (self._keys.check(epoch), self._tags.check(epoch))
            if await self._checks(epoch, checks) != checks:
                raise KeyProblem(f"epoch {epoch} was opened with other keys")
            self._open.add(epoch)

    async def _is_open(self, epoch: str) -> bool:
        async with self._database.transaction() as connection:
            rows = await connection.execute(IS_OPEN, {"name": epoch})
            return await rows.fetchone() != (0,)

    async def _is_destroyed(self, epoch: str) -> bool:
        async with self._database.transaction() as connection:
            rows = await connection.execute(IS_DESTROYED, {"name": epoch})
            return await rows.fetchone() != (0,)

    async def _checks(self, epoch: str, checks: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        parameters = {"name": epoch, "key_check": checks[0], "tag_check": checks[1]}
        async with self._database.transaction() as connection:
            rows = await connection.execute(OPEN_EPOCH, parameters)
            key_check, tag_check = (await rows.fetchall())[0]
        return key_check, tag_check
