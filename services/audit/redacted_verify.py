"""Checks a redacted export. Pure: no grpc, no psycopg.

What must hold:
1. The head is signed by the log's key, and the witnesses of the policy have cosigned it.
2. The manifest names the head and the digests of all files, and is signed by the log's key for receipts when that is given.
3. The entries are the whole range, in order, and each line and leaf is canonical, with nothing beside what belongs there.
4. With the hashes beside the range they have the root of the head.
5. What is shown of an entry, with the hashes of what is not, is what its leaf committed to; shown is what the manifest says.
6. The table is that of the entries.
"""

import hashlib
import hmac
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.audit import checkpoint, commitment, entry, jcs, merkle, redacted_form
from services.audit.checkpoint import Checkpoint
from services.audit.entry import FIELDS, EntryInvalid, Leaf
from services.audit.jcs import JcsInvalid
from services.audit.merkle import ProofInvalid
from services.audit.redacted_form import CHECKPOINT, ENTRIES, MANIFEST, RANGE, TABLE, Told
from services.audit.trust import Trust
from services.audit.verify import SourceFailed
from services.common import note, receipt
from services.common.note import NoteInvalid, VerifierKey

MAX_FILE_BYTES = 1 << 28
FILES = {ENTRIES, TABLE, CHECKPOINT, RANGE}

# What reading a file that was made by somebody else can raise, all of it.
DAMAGED = (
    *(NoteInvalid, JcsInvalid, KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, RecursionError),
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error),
)

Fail = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """The result. failures: what does not hold, in words; erased: entries of which only the leaf is left."""

    first: int
    last: int
    size: int
    shown: tuple[str, ...]
    erased: int
    witnesses: tuple[str, ...]
    failures: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return not self.failures


def verify(path: Path, trust: Trust, receipts: Sequence[VerifierKey] = ()) -> Checked:
    """Checks an export. Raises SourceFailed when the file is none."""
    try:
        return _verify(_files(path), trust, receipts)
    except DAMAGED as cause:
        raise SourceFailed(f"{path} is no export, or a damaged one") from cause


def _files(path: Path) -> Mapping[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        names = [one.filename for one in infos]
        if set(names) != {*FILES, MANIFEST} or len(names) != len(set(names)):
            raise ValueError("other files")
        if any(one.file_size > MAX_FILE_BYTES for one in infos):
            raise ValueError("too long")
        return {one.filename: archive.read(one) for one in infos}


def _verify(files: Mapping[str, bytes], trust: Trust, receipts: Sequence[VerifierKey]) -> Checked:
    failures: list[str] = []
    signed = files[CHECKPOINT].decode()
    head = checkpoint.unverified(signed)
    witnesses = _check_head(signed, trust, failures.append)
    manifest = _manifest(files, head, receipts, failures.append)
    first, last, shown = (_of(manifest, "first", int), _of(manifest, "last", int), _of(manifest, "disclosed", list))
    rows = [jcs.decode_object(line) for line in files[ENTRIES].split(b"\n")[:-1]]
    if [row["index"] for row in rows] != list(range(first, last + 1)) or manifest["count"] != len(rows) or not rows:
        failures.append("the entries are not the whole range, in order")
    leaves = [note.decode_base64(_of(row, "leaf", str)) for row in rows]
    _check_range(leaves, first, head, jcs.decode_object(files[RANGE]), failures.append)
    read = [_entry(row, data, shown, failures.append) for row, data in zip(rows, leaves, strict=True)]
    told = [one for one in read if one is not None]
    if redacted_form.table(told, shown).encode() != files[TABLE]:
        failures.append("the table is not that of the entries")  # (6)
    erased = sum(said is None for _, _, said in told)
    return Checked(first, last, head.size, tuple(shown), erased, witnesses, tuple(failures[:100]))


def _check_head(signed: str, trust: Trust, fail: Fail) -> tuple[str, ...]:
    """(1)"""
    try:
        trust.verify_signed(signed)
        cosigners = trust.cosigners(signed)
    except NoteInvalid as cause:
        fail(str(cause))
        return ()
    if not trust.is_met_by(cosigners):
        fail("the witnesses of the policy have not cosigned the head")
    return cosigners


def _manifest(
    files: Mapping[str, bytes], head: Checkpoint, receipts: Sequence[VerifierKey], fail: Fail
) -> Mapping[str, Any]:
    """(2)"""
    parsed = note.parse(files[MANIFEST].decode())
    if receipts:
        try:
            note.verify(parsed, receipts)
        except NoteInvalid as cause:
            fail(f"the manifest: {cause}")
        if any(key.name != receipt.key_name(head.origin) for key in receipts):
            fail("the key for receipts is that of another log")
    version, text, rest = parsed.text.split("\n")
    if version != redacted_form.VERSION or rest:
        raise ValueError("another version")
    manifest = jcs.decode_object(text.encode())
    if set(manifest) != {"count", "disclosed", "files", "first", "last", "size"}:
        raise ValueError("other members")
    if manifest["files"] != {name: hashlib.sha256(files[name]).hexdigest() for name in FILES}:
        fail("the files are not those that the manifest names")
    if manifest["size"] != head.size:
        fail("the manifest names another head")
    return manifest


def _check_range(leaves: Sequence[bytes], first: int, head: Checkpoint, proof: Mapping[str, Any], fail: Fail) -> None:
    """(4)"""
    if set(proof) != {"before", "after"}:
        raise ValueError("other members")
    before, after = ([note.decode_base64(one) for one in _of(proof, side, list)] for side in ("before", "after"))
    try:
        redacted_form.verify_range(first, leaves, before, after, head)
    except ProofInvalid as cause:
        fail(str(cause))


def _entry(row: Mapping[str, Any], data: bytes, shown: Sequence[str], fail: Fail) -> Told | None:
    """(3) and (5). What the line tells; None when it does not hold."""
    try:
        leaf = entry.decode_leaf(data)
    except EntryInvalid:
        fail(f"entry {row['index']} is no leaf")
        return None
    if row.get("erased") is True and set(row) == {"index", "leaf", "erased"}:
        return row["index"], leaf, None
    if set(row) != {"index", "leaf", "shown", "hidden"} or not _commits(row, leaf, shown):
        fail(f"entry {row['index']} does not say what it committed to")
        return None
    return row["index"], leaf, {name: found["value"] for name, found in row["shown"].items()}


def _commits(row: Mapping[str, Any], leaf: Leaf, shown: Sequence[str]) -> bool:
    if sorted(row["shown"]) != list(shown) or tuple(sorted([*row["shown"], *row["hidden"]])) != FIELDS:
        return False
    hashes = {name: note.decode_base64(value) for name, value in row["hidden"].items()}
    for name, found in row["shown"].items():
        if set(found) != {"salt", "value"}:
            return False
        salt, value = note.decode_base64(found["salt"]), jcs.encode(found["value"])
        hashes[name] = commitment.field_hash(salt, name, value)
    return all(len(value) == merkle.HASH_BYTES for value in hashes.values()) and hmac.compare_digest(
        commitment.combine(hashes), leaf.commitment
    )


def _of(members: Mapping[str, Any], name: str, kind: type) -> Any:
    if type(members[name]) is not kind:
        raise TypeError("another type")
    return members[name]
