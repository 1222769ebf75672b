"""Checks a redacted export. Pure: no grpc, no psycopg.

What must hold:
1. The head is signed by the log's key, and the witnesses of the policy have cosigned it.
2. The manifest names the digests of all files, and is signed by the key for receipts when that is given.
3. The entries are the whole range, in order, and each leaf is canonical.
4. With the hashes beside the range they have the root of the head.
5. What is shown of an entry, with the hashes of what is not, is what its leaf committed to; shown is what the manifest says.
"""

import hashlib
import hmac
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.audit import checkpoint, commitment, entry, jcs, merkle, redacted
from services.audit.checkpoint import Checkpoint
from services.audit.entry import FIELDS, EntryInvalid, Leaf
from services.audit.jcs import JcsInvalid
from services.audit.redacted import CHECKPOINT, ENTRIES, MANIFEST, RANGE, TABLE
from services.audit.trust import Trust
from services.audit.verify import SourceFailed
from services.common import note
from services.common.note import NoteInvalid, VerifierKey

MAX_FILE_BYTES = 1 << 28
FILES = {ENTRIES, TABLE, CHECKPOINT, RANGE}

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
    except (
        NoteInvalid,
        JcsInvalid,
        KeyError,
        TypeError,
        ValueError,
        OSError,
        zipfile.BadZipFile,
        RecursionError,
    ) as cause:
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
    head = checkpoint.parse(note.parse(signed).text)
    witnesses = _check_head(signed, trust, failures.append)
    manifest = _manifest(files, receipts, failures.append)
    rows = [json.loads(line) for line in files[ENTRIES].decode().split("\n")[:-1]]
    first, last, shown = manifest["first"], manifest["last"], manifest["disclosed"]
    if [row["index"] for row in rows] != list(range(first, last + 1)) or manifest["count"] != len(rows) or not rows:
        failures.append("the entries are not the whole range, in order")
    leaves = [note.decode_base64(row["leaf"]) for row in rows]
    _check_root(leaves, first, head, json.loads(files[RANGE]), failures.append)
    for row, data in zip(rows, leaves, strict=True):
        _check_entry(row, data, shown, failures.append)
    erased = sum("erased" in row for row in rows)
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


def _manifest(files: Mapping[str, bytes], receipts: Sequence[VerifierKey], fail: Fail) -> dict[str, Any]:
    """(2)"""
    parsed = note.parse(files[MANIFEST].decode())
    if receipts:
        try:
            note.verify(parsed, receipts)
        except NoteInvalid as cause:
            fail(f"the manifest: {cause}")
    version, text, rest = parsed.text.split("\n")
    if version != redacted.VERSION or rest:
        raise ValueError("another version")
    manifest: dict[str, Any] = json.loads(text)
    if manifest["files"] != {name: hashlib.sha256(files[name]).hexdigest() for name in FILES}:
        fail("the files are not those that the manifest names")
    return manifest


def _check_root(leaves: Sequence[bytes], first: int, head: Checkpoint, proof: Mapping[str, Any], fail: Fail) -> None:
    """(4)"""
    sides = redacted.ranges(first, first + len(leaves) - 1, head.size)
    given = [[note.decode_base64(one) for one in proof[side]] for side in ("before", "after")]
    if [len(side) for side in given] != [len(side) for side in sides]:
        fail("the proof of the range has another length")
        return
    peaks = merkle.extend(given[0], first, map(merkle.leaf_hash, leaves))
    size = first + len(leaves)
    for (start, end), value in zip(sides[1], given[1], strict=True):
        peaks, size = merkle.joined(peaks, size, end - start, value), end
    if size != head.size or merkle.root_of_peaks(peaks) != head.root:
        fail("the range is not under the head")


def _check_entry(row: Mapping[str, Any], data: bytes, shown: Sequence[str], fail: Fail) -> None:
    """(3) and (5)"""
    try:
        leaf = entry.decode_leaf(data)
    except EntryInvalid:
        fail(f"entry {row['index']} is no leaf")
        return
    if row.get("erased") is True and set(row) == {"index", "leaf", "erased"}:
        return
    if not _commits(row, leaf, shown):
        fail(f"entry {row['index']} does not say what it committed to")


def _commits(row: Mapping[str, Any], leaf: Leaf, shown: Sequence[str]) -> bool:
    if sorted(row["shown"]) != sorted(shown) or tuple(sorted([*row["shown"], *row["hidden"]])) != FIELDS:
        return False
    hashes = {name: note.decode_base64(value) for name, value in row["hidden"].items()}
    for name, found in row["shown"].items():
        salt, value = note.decode_base64(found["salt"]), jcs.encode(found["value"])
        hashes[name] = commitment.field_hash(salt, name, value)
    return hmac.compare_digest(commitment.combine(hashes), leaf.commitment)
