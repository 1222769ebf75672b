"""What those remember who write to the log and look at it, and what is found in it at the end."""

from collections import Counter
from dataclasses import dataclass, field

from anpr.audit.v1 import audit_pb2


@dataclass(frozen=True, slots=True)
class Promise:
    """An answer of the log about one entry."""

    id: str
    index: int
    leaf_hash: bytes
    note: str


@dataclass(frozen=True, slots=True)
class Standstill:
    """A replica that was stopped while it held the lock, and how long it took until another one had written again."""

    replica: str
    seconds: float


@dataclass(slots=True)
class Memory:
    """What a run remembers.

    sent: every entry that was ever handed in, by id; promises: answers, those to repeated calls too; groups: ids of batches of
    which all or nothing is written; conflicts: answers to an id that other content has; heads: signed heads seen on the way;
    written: which replica answered when; unknown: calls whose outcome was not known, by status; faults: answers that no kill
    explains.
    """

    sent: dict[str, audit_pb2.EntryFields] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    groups: list[tuple[str, ...]] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    written: list[tuple[str, float]] = field(default_factory=list)
    standstills: list[Standstill] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    abandoned: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head as it is stored."""

    size: int
    root: bytes
    note: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is in the log.

    leaves: by index; ids, payloads, secrets, tags: indexes in those tables, ids with their index; next_index, newest, history,
    tiles: head row, signed heads, tree; published: heads as they were shown, with the witness's lines; shelf, shelf_head: every
    version of every file under lock, and the head in S3; unreadable: sampled entries that do not say what was handed in;
    broken: what a verifier finds; journal: internal errors in the replicas' log files.
    """

    leaves: tuple[tuple[int, bytes], ...]
    ids: tuple[tuple[str, int], ...]
    payloads: tuple[int, ...]
    secrets: tuple[int, ...]
    tags: tuple[int, ...]
    next_index: int
    newest: Head
    history: tuple[Head, ...]
    tiles: dict[tuple[int, int], bytes]
    published: tuple[Head, ...]
    shelf: tuple[tuple[str, bytes], ...]
    shelf_head: str
    unreadable: tuple[str, ...]
    broken: tuple[str, ...]
    journal: tuple[str, ...]
