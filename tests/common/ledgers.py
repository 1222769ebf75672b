"""A ledger that remembers, for tests of the door. The log itself is tested with PostgreSQL in tests/audit."""

import asyncio
from dataclasses import dataclass, field

from anpr.audit.v1 import audit_pb2

from services.common.errors import AuditUnavailable
from services.common.ledger import Promise


@dataclass(slots=True)
class MemoryLedger:
    """Keeps entries in order. From entry number `refuse_from` on it refuses."""

    entries: list[audit_pb2.EntryFields] = field(default_factory=list)
    refuse_from: int | None = None

    async def append(self, fields: audit_pb2.EntryFields) -> Promise:
        await asyncio.sleep(0)
        if self.refuse_from is not None and len(self.entries) >= self.refuse_from:
            raise AuditUnavailable("the audit log did not confirm the entry")
        kept = audit_pb2.EntryFields()
        kept.CopyFrom(fields)
        self.entries.append(kept)
        return Promise(len(self.entries) - 1, f"note {len(self.entries) - 1}\n")

    async def holds(self, count: int) -> None:
        """Returns when there are `count` entries."""
        while len(self.entries) < count:
            await asyncio.sleep(0.01)

    def kinds(self) -> list[str]:
        """INTENT, OUTCOME and so on, with the status of those that have one."""
        names = [audit_pb2.EntryKind.Name(entry.kind).removeprefix("ENTRY_KIND_") for entry in self.entries]
        return [f"{name} {entry.status}".strip() for name, entry in zip(names, self.entries, strict=True)]
