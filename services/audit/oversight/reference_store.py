"""The SQL of reference data, as audit_reviewer."""

from collections.abc import Awaitable, Callable

from services.audit.oversight.reference import Kind, Version
from services.audit.oversight.sealing import Box
from services.common.database import Database

INSERT_REFERENCE = """
INSERT INTO audit.reference (kind, valid_from_ms, adds, id, epoch, wrapped, sealed, seq)
VALUES (%(kind)s, %(valid_from_ms)s, %(adds)s, %(id)s, %(epoch)s, %(wrapped)s, %(sealed)s, %(seq)s) RETURNING version
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('audit reference', 0))"
SELECT_VERSIONS = "SELECT version, kind, valid_from_ms, adds FROM audit.reference"
SELECT_CONTENT = "SELECT id, epoch, wrapped, sealed FROM audit.reference WHERE version = %(version)s"


class ReferenceStore:
    """Versions of reference data. Every method raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, kind: Kind, valid_from_ms: int, box: Box, *, adds: bool, logged: Callable[[], Awaitable[int]]
    ) -> tuple[int, int]:
        """Stores a version; returns its number and the index of its entry, which `logged` writes before."""
        async with self._database.transaction() as connection:
            await connection.execute(LOCK)
            index = await logged()
            row = {
                "kind": kind.value,
                "valid_from_ms": valid_from_ms,
                "adds": adds,
                "id": box.id,
                "epoch": box.epoch,
                "wrapped": box.wrapped,
                "sealed": box.sealed,
                "seq": index,
            }
            version = (await (await connection.execute(INSERT_REFERENCE, row)).fetchall())[0][0]
        return int(version), index

    async def versions(self) -> list[Version]:
        """All versions, without what is in them."""
        async with self._database.transaction() as connection:
            rows = await (await connection.execute(SELECT_VERSIONS)).fetchall()
        return [Version(number, Kind(kind), valid_from_ms, adds) for number, kind, valid_from_ms, adds in rows]

    async def content(self, version: int) -> Box:
        """What is in a version, encrypted."""
        async with self._database.transaction() as connection:
            row = (await (await connection.execute(SELECT_CONTENT, {"version": version})).fetchall())[0]
        return Box(*row)
