"""Checks a log as somebody who trusts nobody, its operator least. Pure: imports neither grpc nor psycopg.

What must hold, for the newest signed head and everything under it:
1. The head is a signed note of the log's key, and names that key as its origin.
2. The log gives every leaf under the head.
3. Each leaf is in canonical form and of a known version.
4. No id is used twice.
5. Log time never goes back.
6. Each outcome answers an earlier intent of the same system.
7. The root over the leaves is the one in the head.
8. The log proves sampled leaves to be under the head.
9. An older head, if one is given, is signed by the same key, and the log under it is a prefix of this one.

It cannot tell that something was never logged, nor that others were shown another log: for that there are the reconciliation
and the witnesses.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.audit import checkpoint, merkle
from services.audit.checkpoint import Checkpoint
from services.audit.merkle import ProofInvalid
from services.audit.walk import LEAF_CHECKS, Walk
from services.common import note
from services.common.note import NoteInvalid, VerifierKey

PAGE = 1000
SAMPLES = 16
MAX_FAILURES = 100

CHECKS: Mapping[int, str] = {
    1: "the head is signed by the log's key",
    2: "the log gives every leaf under the head",
    **LEAF_CHECKS,
    7: "the leaves have the root in the head",
    8: "sampled leaves are proved to be under the head",
    9: "the older head is a prefix of this one",
}


class SourceFailed(Exception):
    """The log cannot be read: it does not answer, or not to us."""


class SourceRefused(SourceFailed):
    """The log answers that it has not, or cannot prove, what it must have and prove."""


@dataclass(frozen=True, slots=True)
class Published:
    """A signed head, and the verifier key that the log itself names, which proves nothing."""

    note: str
    verifier_key: str


class Source(Protocol):
    """Where a log is read. Every method raises SourceFailed and SourceRefused."""

    async def checkpoint(self) -> Published:
        """The newest signed head."""

    async def leaves(self, first: int, count: int) -> Sequence[bytes]:
        """Leaves from an index on, at most `count`."""

    async def inclusion(self, index: int, size: int) -> Sequence[bytes]:
        """Inclusion proof."""

    async def consistency(self, first: int, second: int) -> Sequence[bytes]:
        """Consistency proof."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What does not hold: number of the check, and where."""

    check: int
    words: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The result. `key_given` is False when the key came from the log itself: then 1 says only that the log agrees with itself.

    note: the head as it was published, to be kept for check 9; checked: numbers of the checks that were made; open_intents:
    intents without an outcome, of calls that are going on or were cut off; kinds: entries by kind; omitted: failures beyond
    the first hundred; words: what each check is about; witnesses: names of those whose cosignatures hold.
    """

    origin: str
    size: int
    root: bytes
    note: str
    verifier_key: str
    key_given: bool
    kinds: Mapping[str, int]
    open_intents: int
    checked: tuple[int, ...]
    failures: tuple[Failure, ...]
    omitted: int = 0
    words: Mapping[int, str] = field(default_factory=lambda: CHECKS)
    witnesses: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything that was checked holds."""
        return not self.failures


async def verify(
    source: Source,
    log_key: str | None = None,
    *,
    since: str | None = None,
    samples: int = SAMPLES,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Verification:
    """Checks the log at the source.

    log_key: verifier key of the log, from paper; without it the one that the log names is used. since: an older checkpoint,
    as it was published. progress: told how many leaves of how many are read. Raises SourceFailed when the log cannot be read,
    and NoteInvalid when `log_key` or `since` is not well-formed; whatever is wrong with the log is in the result.
    """
    failures: list[Failure] = []

    def fail(check: int, words: str) -> None:
        failures.append(Failure(check, words))

    if since is not None:
        checkpoint.unverified(since)  # a file that is no checkpoint says nothing about the log
    published = await source.checkpoint()
    key, head = _head(published, log_key, fail)
    older = _older(since, key, head, fail) if since else None
    walk = Walk(fail, [older.size] if older else [])
    await _read(source, head, walk, progress)
    if walk.root() != head.root:
        fail(7, "the leaves have another root")
    if walk.size == head.size:
        await _check_inclusion(source, head, samples, fail)
        if older:
            await _check_prefix(source, older, head, walk, fail)
    return Verification(
        origin=head.origin,
        size=head.size,
        root=head.root,
        note=published.note,
        verifier_key=key.encode(),
        key_given=log_key is not None,
        kinds=dict(walk.kinds),
        open_intents=walk.open_intents,
        checked=tuple(CHECKS) if since else tuple(CHECKS)[:-1],
        failures=tuple(failures[:MAX_FAILURES]),
        omitted=max(0, len(failures) - MAX_FAILURES),
    )


def _head(
    published: Published, log_key: str | None, fail: Callable[[int, str], None]
) -> tuple[VerifierKey, Checkpoint]:
    """The head (1). One that does not verify is still compared with the leaves, as far as it can be read."""
    if log_key is not None:
        key = note.parse_key(log_key)
    else:
        try:
            key = note.parse_key(published.verifier_key)
        except NoteInvalid as cause:
            raise SourceFailed("the log names no verifier key") from cause
    try:
        return key, checkpoint.verify(published.note, key.name, [key])
    except NoteInvalid as cause:
        fail(1, str(cause))
    try:
        return key, checkpoint.unverified(published.note)
    except NoteInvalid as cause:
        raise SourceFailed("the log gives no checkpoint") from cause


def _older(since: str, key: VerifierKey, head: Checkpoint, fail: Callable[[int, str], None]) -> Checkpoint | None:
    try:
        older = checkpoint.verify(since, key.name, [key])
    except NoteInvalid as cause:
        fail(9, f"the older head: {cause}")
        return None
    if older.size > head.size:
        fail(9, f"the log has shrunk from {older.size} to {head.size} entries")
        return None
    return older


async def _read(source: Source, head: Checkpoint, walk: Walk, progress: Callable[[int, int], None]) -> None:
    """Takes every leaf (2)."""
    while walk.size < head.size:
        try:
            leaves = await source.leaves(walk.size, min(PAGE, head.size - walk.size))
        except SourceRefused as cause:
            walk.fail(2, f"entry {walk.size}: {cause}")
            return
        if not leaves:
            walk.fail(2, f"entry {walk.size} and those after it are not given")
            return
        walk.take(leaves[: head.size - walk.size])
        progress(walk.size, head.size)


async def _check_inclusion(source: Source, head: Checkpoint, samples: int, fail: Callable[[int, str], None]) -> None:
    """Asks for proofs of leaves that the log cannot foresee (8)."""
    picked = {secrets.randbelow(head.size) for _ in range(min(samples, head.size))}
    for index in sorted(picked):
        try:
            leaves = await source.leaves(index, 1)
            path = await source.inclusion(index, head.size)
            merkle.verify_inclusion(index, head.size, merkle.leaf_hash(b"".join(leaves[:1])), path, head.root)
        except (ProofInvalid, SourceRefused) as cause:
            fail(8, f"entry {index}: {cause}")


async def _check_prefix(
    source: Source, older: Checkpoint, head: Checkpoint, walk: Walk, fail: Callable[[int, str], None]
) -> None:
    """Compares the older head with the leaves, and with the log's own proof (9)."""
    if walk.roots.get(older.size) != older.root:
        fail(9, f"the first {older.size} leaves have another root than the older head")
    if older.size == 0:
        return
    try:
        path = await source.consistency(older.size, head.size)
        merkle.verify_consistency(older.size, head.size, path, older.root, head.root)
    except (ProofInvalid, SourceRefused) as cause:
        fail(9, str(cause))
