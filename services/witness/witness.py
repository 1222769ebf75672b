"""A witness of logs (C2SP tlog-witness): it cosigns a head only if that continues the last head of the log that it cosigned.

What must hold before a head is cosigned, in this order, each with its own answer:
1. The request has its form: old size, at most 63 hashes, checkpoint (400).
2. The log is one that this witness knows by its origin (404), and one of the log's keys signed the head (403).
3. The old size is not above the head's (400), and is that of the last head that was cosigned, 0 when there is none (409, which
   names that size).
4. A head of the same size has the same root (409); otherwise the proof leads from the last head to this one (422), and is empty
   where there was none before.
5. The head is on disk.
Two requests never pass at once.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.audit import checkpoint, cosignature, merkle
from services.audit.checkpoint import Checkpoint
from services.audit.merkle import HASH_BYTES, ProofInvalid
from services.common import note
from services.common.note import NoteInvalid, Signature, Signer, VerifierKey
from services.witness.heads import Heads

MAX_PROOF = 63
MAX_BODY_BYTES = 64 * 1024
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")

Logs = Mapping[str, Sequence[VerifierKey]]
"""Keys of each log, by origin."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer: HTTP status, text, and whether the text is a size."""

    status: int
    text: str
    is_size: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """A head, and the proof that it continues the tree of the old size."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str
    head: Checkpoint


class Refused(Exception):
    """The head is not cosigned."""

    def __init__(self, status: int, text: str, *, is_size: bool = False) -> None:
        super().__init__(text)
        self.verdict = Verdict(status, f"{text}\n", is_size)


class Witness:
    """signer: with a key for cosignatures; logs: those it watches; clock: seconds since 1970."""

    def __init__(self, signer: Signer, logs: Logs, heads: Heads, *, clock: Callable[[], float] = time.time) -> None:
        self._signer, self._logs, self._heads, self._clock = signer, logs, heads, clock
        self._alone = threading.Lock()

    def add(self, body: bytes) -> Verdict:
        """The answer to a request: 200 with the cosignature, or a refusal. Blocks until the head is on disk."""
        try:
            submission = decode(body)
            self._verify_signed(submission)
            with self._alone:
                return self._cosign(submission)
        except Refused as refused:
            return refused.verdict

    def newest(self, hashed_origin: str) -> Verdict:
        """The last head of a log that was cosigned, by the hexadecimal SHA-256 of its origin."""
        found = self._heads.get_by_name(hashed_origin) if re.fullmatch("[0-9a-f]{64}", hashed_origin) else None
        return Verdict(200, found) if found else Verdict(404, "no head of this log was cosigned\n")

    def _verify_signed(self, submission: Submission) -> None:
        keys = self._logs.get(submission.head.origin)
        if not keys:
            raise Refused(404, "this witness does not know the log")  # 2
        try:
            note.verify(note.parse(submission.note), keys)
        except NoteInvalid:
            raise Refused(403, "no key of this log signed the head") from None  # 2
        if submission.old_size > submission.head.size:
            raise Refused(400, "the old size is above that of the head")  # 3

    def _cosign(self, submission: Submission) -> Verdict:
        head = submission.head
        kept = self._heads.get(head.origin)
        empty = Checkpoint(head.origin, 0, merkle.EMPTY_ROOT)
        last = empty if kept is None else self._last(head.origin, kept)
        if submission.old_size != last.size:
            raise Refused(409, str(last.size), is_size=True)  # 3
        _verify_continues(last, submission)
        line = cosignature.cosign(head.text(), self._signer, int(self._clock()))
        # Lines of strangers are not kept: a line that does not hold, or a hundred of them, would make the kept head unreadable.
        signed = note.Note(head.text(), (*self._own_lines(submission), line)).encode()
        self._heads.put(head.origin, signed)  # 5
        return Verdict(200, note.line(line))

    def _own_lines(self, submission: Submission) -> tuple[Signature, ...]:
        """The log's lines in a note that was verified, each once."""
        labels = {(key.name, key.key_id) for key in self._logs[submission.head.origin]}
        lines = note.parse(submission.note).signatures
        return tuple(dict.fromkeys(line for line in lines if (line.name, line.key_id) in labels))

    def verify_kept(self) -> None:
        """Raises NoteInvalid unless every head that is kept of these logs is one that this witness cosigned."""
        for origin in self._logs:
            if (kept := self._heads.get(origin)) is not None:
                self._last(origin, kept)

    def _last(self, origin: str, kept: str) -> Checkpoint:
        """A file that is empty or edited is no memory, and no reason to begin anew."""
        return checkpoint.verify(kept, origin, [self._signer.verifier])


def _verify_continues(last: Checkpoint, submission: Submission) -> None:
    """Raises Refused unless the head continues the last one (4)."""
    head, proof = submission.head, submission.proof
    if head.size == last.size:
        if head.root != last.root:
            raise Refused(409, "a head of this size with another root was cosigned before")
        if proof:
            raise Refused(422, "a head of the same size needs no proof")
    elif last.size == 0:
        if proof:
            raise Refused(422, "the first head needs no proof")
    else:
        try:
            merkle.verify_consistency(last.size, head.size, proof, last.root, head.root)
        except ProofInvalid:
            raise Refused(422, "the proof does not lead from the last head to this one") from None


def decode(body: bytes) -> Submission:
    """The submission in the body of a request (1). Raises Refused."""
    try:
        top, _, rest = body.decode().partition("\n\n")
        first, *lines = top.split("\n")
        old = _OLD.fullmatch(first)
        proof = tuple(note.decode_base64(line) for line in lines)
        head = checkpoint.unverified(rest)
    except (UnicodeDecodeError, NoteInvalid):
        raise Refused(400, "the request is not well-formed") from None
    if old is None or len(proof) > MAX_PROOF or any(len(found) != HASH_BYTES for found in proof):
        raise Refused(400, "the request is not well-formed")
    return Submission(int(old[1]), proof, rest, head)
