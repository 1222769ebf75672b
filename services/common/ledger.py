"""The side of the audit log that an audited service sees."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from anpr.audit.v1 import audit_pb2

MAX_QUERY_BYTES = 64 * 1024  # the log takes no longer query in one entry

Subject = Mapping[str, "str | int | bool | Sequence[str]"]


@dataclass(frozen=True, slots=True)
class Promise:
    """The log's signed promise for one durable entry: position from 0, and a signed note over it."""

    index: int
    note: str


class Ledger(Protocol):
    """Where entries go."""

    async def append(self, fields: audit_pb2.EntryFields) -> Promise:
        """Makes one entry durable; an outcome also as public as the log asks before its result may leave.

        Raises AuditUnavailable when that is not certain, whatever the cause.
        """


def canonical(subject: Subject) -> str:
    """Restricted JCS (docs/audit-format.md): sorted keys, no floats, no null, no white space."""
    return json.dumps(subject, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(result_ids: Iterable[str]) -> str:
    """SHA-256, hexadecimal, over the result ids in order, each followed by a line feed."""
    return hashlib.sha256("".join(f"{result}\n" for result in result_ids).encode()).hexdigest()
