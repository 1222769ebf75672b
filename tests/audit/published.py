"""A published log in a folder, and the ways to tamper with one. Each is named after the attack."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from services.audit import checkpoint, cosignature, merkle, tile, trust
from services.audit.checkpoint import Checkpoint
from services.audit.key_files import FileSigner
from services.audit.tile import ENTRIES
from services.audit.tree_export import TreeWriter
from services.common import note
from services.common.note import COSIGNATURE
from tests.audit.keyring import LOG, ORIGIN, signer
from tests.audit.test_verify import honest, leaf

SIZE = 1_000
LARGE = 66_000  # three levels of tiles
OLDER = (0, 1, 255, 256, 300, 768)
WITNESS = FileSigner("witness.test.example", b"w" * 32, COSIGNATURE)
TRUST = trust.of_keys(LOG.verifier, [WITNESS.verifier])
AT = 1_790_000_000
FULL, LAST = 1, SIZE // 256  # numbers of a whole bundle, and of the one that is not


def head(
    size: int, root: bytes, *, key: FileSigner = LOG, origin: str = ORIGIN, witness: FileSigner | None = WITNESS
) -> str:
    """A head that log and witness have signed."""
    text = Checkpoint(origin, size, root).text()
    signed = note.sign(text, key)
    return cosignature.added(signed, (cosignature.cosign(text, witness, AT),)) if witness else signed


def heads(leaves: list[bytes], sizes: tuple[int, ...]) -> list[str]:
    found, peaks, at = [], list[bytes](), 0
    for size in sizes:
        peaks = merkle.extend(peaks, at, map(merkle.leaf_hash, leaves[at:size]))
        at = size
        found.append(head(size, merkle.root_of_peaks(peaks)))
    return found


def write(folder: Path, leaves: list[bytes], sizes: tuple[int, ...] = (*OLDER, SIZE)) -> None:
    """An honest tree."""
    writer = TreeWriter(folder, heads(leaves, sizes))
    writer.take(leaves)
    writer.end({"log": LOG.verifier.encode(), "witness": WITNESS.verifier.encode()}, trust.encode(TRUST))


def changed(file: Path, at: int) -> None:
    """One bit of one byte."""
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def _edited_entry(tree: Path) -> None:
    """The time of an entry: another digit, and still canonical."""
    file = tree / tile.path(ENTRIES, FULL)
    data = file.read_bytes()
    at = data.index(b'"t":') + 6
    file.write_bytes(data[:at] + (b"1" if data[at : at + 1] != b"1" else b"2") + data[at + 1 :])


def _edited_entry_and_tile(tree: Path) -> None:
    _edited_entry(tree)
    entries = tile.decode_bundle((tree / tile.path(ENTRIES, FULL)).read_bytes())
    (tree / tile.path(0, FULL)).write_bytes(b"".join(map(merkle.leaf_hash, entries)))


def _swapped_bundles(tree: Path) -> None:
    one, other = tree / tile.path(ENTRIES, FULL), tree / tile.path(ENTRIES, FULL + 1)
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)


def _swapped_entries(tree: Path) -> None:
    file = tree / tile.path(ENTRIES, FULL)
    entries = tile.decode_bundle(file.read_bytes())
    file.write_bytes(tile.encode_bundle([entries[1], entries[0], *entries[2:]]))


def _fork(tree: Path, *, keep_older: bool) -> None:
    """Another history from entry 70 on, signed and cosigned by the true keys."""
    leaves = honest(SIZE)
    leaves[70] = leaf(70, commitment=b"fork".ljust(32)).encode()
    other = tree.with_name("fork")
    write(other, leaves)
    for older in OLDER:
        if keep_older:
            shutil.copy(tree / f"checkpoint.{older}", other)
    shutil.rmtree(tree)
    other.rename(tree)


def _replaced_head(tree: Path, make: Callable[[Checkpoint], str]) -> None:
    file = tree / "checkpoint"
    file.write_text(make(checkpoint.unverified(file.read_text())))


def _stripped_witness(tree: Path) -> None:
    file = tree / "checkpoint"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith(f"\u2014 {WITNESS.verifier.name}")))


def _witness_line_of_another_head(tree: Path) -> None:
    line = note.parse((tree / "checkpoint.300").read_text()).signatures[1]
    found = note.parse((tree / "checkpoint").read_text())
    (tree / "checkpoint").write_text(note.Note(found.text, (found.signatures[0], line)).encode())


def _rewritten(tree: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """A log that was signed over bad entries from the beginning: only the entries themselves can tell."""
    leaves = change(honest(SIZE))
    shutil.rmtree(tree)
    write(tree, leaves)


def _timeless(leaves: list[bytes]) -> list[bytes]:
    """Log time stands still at 2^53 + 1 from some entry on."""
    return [
        leaf if index < SIZE - 9 else leaf.split(b'"t":')[0] + b'"t":9007199254740993,"v":1}'
        for index, leaf in enumerate(leaves)
    ]


def _pipe(file: Path) -> None:
    """Whoever opens it waits for ever."""
    file.unlink()
    os.mkfifo(file)


def _older(tree: Path, size: int) -> None:
    (tree / f"checkpoint.{size}").write_text("x")


def _link(file: Path, target: str) -> None:
    file.unlink()
    file.symlink_to(target)


def _with_lines(found: Checkpoint, count: int) -> str:
    """Each costs whoever verifies it some milliseconds."""
    signed = note.parse(head(found.size, found.root))
    return note.Note(signed.text, (signed.signatures[0],) * count + signed.signatures[1:]).encode()


def _edited_text(name: str, old: str, new: str) -> Callable[[Path], object]:
    def edit(tree: Path) -> None:
        text = (tree / name).read_text()
        assert old in text
        (tree / name).write_text(text.replace(old, new, 1))

    return edit


def _cut(path: str, by: int) -> Callable[[Path], object]:
    return lambda tree: (tree / path).write_bytes((tree / path).read_bytes()[:-by])


def _grown(path: str, data: bytes) -> Callable[[Path], object]:
    return lambda tree: (tree / path).write_bytes((tree / path).read_bytes() + data)


LAST_BUNDLE = tile.path(ENTRIES, LAST, SIZE % 256)
TAMPERED: dict[str, Callable[[Path], object]] = {
    "edited-entry": _edited_entry,
    "edited-entry-with-its-tile": _edited_entry_and_tile,
    "edited-tile-level-0": lambda tree: changed(tree / tile.path(0, FULL), 40),
    "edited-tile-level-1": lambda tree: changed(tree / tile.path(1, 0, 3), 40),
    "truncated-tile": _cut(tile.path(0, FULL), 32),
    "padded-tile": _grown(tile.path(0, FULL), bytes(32)),
    "missing-tile": lambda tree: (tree / tile.path(0, FULL)).unlink(),
    "truncated-bundle": _cut(tile.path(ENTRIES, FULL), 7),
    "bundle-without-its-last-entry": lambda tree: (tree / LAST_BUNDLE).write_bytes(
        tile.encode_bundle(tile.decode_bundle((tree / LAST_BUNDLE).read_bytes())[:-1])
    ),
    "padded-bundle": _grown(tile.path(ENTRIES, FULL), b"\0"),
    "bundle-with-one-entry-more": _grown(LAST_BUNDLE, b"\0\x02{}"),
    "missing-bundle": lambda tree: (tree / tile.path(ENTRIES, FULL)).unlink(),
    "missing-last-bundle": lambda tree: (tree / LAST_BUNDLE).unlink(),
    "swapped-bundles": _swapped_bundles,
    "swapped-entries": _swapped_entries,
    "fork-signed-by-log-and-witness": lambda tree: _fork(tree, keep_older=True),
    "other-log-key": lambda tree: _replaced_head(
        tree, lambda found: head(found.size, found.root, key=signer("other.example"))
    ),
    "key-of-the-same-name": lambda tree: _replaced_head(
        tree, lambda found: head(found.size, found.root, key=FileSigner(ORIGIN, b"x" * 32))
    ),
    "other-origin": lambda tree: _replaced_head(
        tree, lambda found: head(found.size, found.root, origin="other.example")
    ),
    "stripped-witness": _stripped_witness,
    "other-witness": lambda tree: _replaced_head(
        tree,
        lambda found: head(found.size, found.root, witness=FileSigner("w.example", b"y" * 32, COSIGNATURE)),
    ),
    "witness-line-of-another-head": _witness_line_of_another_head,
    "edited-size": _edited_text("checkpoint", f"\n{SIZE}\n", f"\n{SIZE - 1}\n"),
    "edited-root": lambda tree: _replaced_head(tree, lambda found: head(found.size, bytes(32))),
    "smaller-size-signed-anew": lambda tree: _replaced_head(tree, lambda found: head(SIZE - 1, found.root)),
    "larger-size-signed-anew": lambda tree: _replaced_head(tree, lambda found: head(SIZE + 1, found.root)),
    "checkpoint-that-is-none": _grown("checkpoint", b"x"),
    "missing-checkpoint": lambda tree: (tree / "checkpoint").unlink(),
    "older-head-of-another-history": lambda tree: (tree / "checkpoint.300").write_text(head(300, bytes(32))),
    "older-head-unsigned": _edited_text("checkpoint.300", "\n300\n", "\n301\n"),
    "older-head-under-another-name": lambda tree: (tree / "checkpoint.300").rename(tree / "checkpoint.299"),
    "older-head-larger-than-the-log": lambda tree: (tree / f"checkpoint.{SIZE + 5}").write_text(
        head(SIZE + 5, bytes(32))
    ),
    "id-used-twice": lambda tree: _rewritten(tree, lambda leaves: [*leaves[:-1], leaves[0]]),
    "time-that-goes-back": lambda tree: _rewritten(
        tree, lambda leaves: [*leaves[:100], leaves[102], leaves[103], leaves[100], leaves[101], *leaves[104:]]
    ),
    "outcome-without-intent": lambda tree: _rewritten(tree, lambda leaves: [leaves[1], leaves[0], *leaves[2:]]),
    "entry-that-is-not-canonical": lambda tree: _rewritten(
        tree, lambda leaves: [leaves[0].replace(b'","k"', b'", "k"'), *leaves[1:]]
    ),
    "entry-with-a-line-feed-behind": lambda tree: _rewritten(tree, lambda leaves: [leaves[0] + b"\n", *leaves[1:]]),
    "time-of-an-entry-beyond-what-json-holds": lambda tree: _rewritten(tree, _timeless),
    "commitment-written-in-another-way": lambda tree: _rewritten(
        tree, lambda leaves: [leaves[0].replace(b'A=","id"', b'B=","id"'), *leaves[1:]]
    ),
    "answers-what-is-no-id": lambda tree: _rewritten(
        tree, lambda leaves: [*leaves[:13], leaves[13].replace(b'"ref":""', b'"ref":"%b"' % (b"-" * 36)), *leaves[14:]]
    ),
    "entry-of-unknown-kind": lambda tree: _rewritten(
        tree, lambda leaves: [leaves[0].replace(b'"intent"', b'"secret"'), *leaves[1:]]
    ),
}
# No log of others would look like this: it is made to hold up, or to wear out, who checks it.
HOSTILE: dict[str, Callable[[Path], None]] = {
    "pipe-in-the-place-of-a-tile": lambda tree: _pipe(tree / tile.path(0, FULL)),
    "pipe-in-the-place-of-a-bundle": lambda tree: _pipe(tree / tile.path(ENTRIES, FULL)),
    "link-to-what-never-ends": lambda tree: _link(tree / "checkpoint.300", "/dev/zero"),
    "older-head-of-a-size-beyond-all": lambda tree: _older(tree, 10**22),
    "thousands-of-signature-lines": lambda tree: _replaced_head(tree, lambda found: _with_lines(found, 5000)),
}
# What an outsider sees only who has kept an older head himself.
KEPT: dict[str, Callable[[Path], object]] = {
    "rolled-back-head": lambda tree: shutil.copy(tree / "checkpoint.768", tree / "checkpoint"),
    "fork-without-its-older-heads": lambda tree: _fork(tree, keep_older=False),
}
