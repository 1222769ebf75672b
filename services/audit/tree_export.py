"""Writes a log as a C2SP tlog-tiles tree into a folder, for those who check it with tools of their own.

    checkpoint               the newest head      checkpoint.SIZE    an older one
    tile/L/N[.p/W]           hashes               tile/entries/N[.p/W]    entries; partial ones for the size of every head
    keys/NAME.vkey           verifier keys        policy             C2SP tlog-policy
    manifest.json            size, root, and SHA-256 of each file

The keys and the policy in it are a convenience: who checks takes his own, from paper.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.audit import checkpoint, merkle, tile
from services.audit.checkpoint import Checkpoint
from services.audit.tile import ENTRIES, WIDTH, Edge
from services.audit.tree import CHECKPOINT

FORMAT = "anpr-audit/tree/v1"
POLICY, MANIFEST = "policy", "manifest.json"


class ExportFailed(Exception):
    """The log cannot be written as a tree; the text says why."""


class TreeWriter:
    """Takes the leaves in order and writes files as they become whole. heads: notes, one a size; folder: empty or not there."""

    def __init__(self, folder: Path, heads: Sequence[str]) -> None:
        if folder.exists() and any(folder.iterdir()):
            raise ExportFailed(f"{folder} is not empty")
        self._folder = folder
        self._heads = {found.size: (found, text) for text in heads for found in [_parsed(text)]}
        self._edge = Edge()
        self._bundle: list[bytes] = []
        self._digests: dict[str, str] = {}

    @property
    def size(self) -> int:
        """Leaves so far."""
        return self._edge.size

    def take(self, leaves: Sequence[bytes]) -> None:
        """The next leaves. Raises ExportFailed when they have another root than a head among `heads`."""
        while leaves:
            count = min(len(leaves), self._until_cut())
            self._grow(leaves[:count])
            leaves = leaves[count:]

    def end(self, keys: Mapping[str, str], policy: str) -> Checkpoint:
        """Writes heads, keys by name, policy, manifest. Returns the newest head. Raises ExportFailed when leaves are missing."""
        newest = max(self._heads, default=-1)
        if newest != self._edge.size:
            raise ExportFailed(f"the newest head has {newest} entries and {self._edge.size} were given")
        if newest == 0:
            self._verify_root()
        for size, (_, text) in self._heads.items():
            self._write(CHECKPOINT if size == newest else f"{CHECKPOINT}.{size}", text.encode())
        for name, vkey in keys.items():
            self._write(f"keys/{name}.vkey", f"{vkey}\n".encode())
        self._write(POLICY, policy.encode())
        head = self._heads[newest][0]
        manifest = {
            "format": FORMAT,
            "origin": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "heads": sorted(self._heads),
            "files": self._digests,
        }
        text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
        (self._folder / MANIFEST).write_text(text)
        return head

    def _until_cut(self) -> int:
        """Leaves until the next bundle is full or the next head is reached."""
        size = self._edge.size
        cuts = [WIDTH - size % WIDTH, *(head - size for head in self._heads if head > size)]
        return min(cuts)

    def _grow(self, leaves: Sequence[bytes]) -> None:
        self._bundle.extend(leaves)
        number = (self._edge.size) // WIDTH
        self._edge, tiles = self._edge.extended([merkle.leaf_hash(leaf) for leaf in leaves])
        for grown in tiles:
            if grown.width == WIDTH:
                self._write(tile.path(grown.level, grown.number), grown.hashes)
        if len(self._bundle) == WIDTH:
            self._write(tile.path(ENTRIES, number), tile.encode_bundle(self._bundle))
            self._bundle.clear()
        if self._edge.size in self._heads:
            self._verify_root()
            self._write_partials()

    def _verify_root(self) -> None:
        head = self._heads[self._edge.size][0]
        if self._edge.root() != head.root:
            raise ExportFailed(f"the entries do not have the root of the head of {head.size} entries")

    def _write_partials(self) -> None:
        size = self._edge.size
        for level, hashes in enumerate(self._edge.levels):
            if hashes:
                number = (size >> tile.HEIGHT * level) // WIDTH
                self._write(tile.path(level, number, len(hashes)), b"".join(hashes))
        if self._bundle:
            path = tile.path(ENTRIES, size // WIDTH, len(self._bundle))
            self._write(path, tile.encode_bundle(self._bundle))

    def _write(self, path: str, data: bytes) -> None:
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        self._digests[path] = hashlib.sha256(data).hexdigest()


def _parsed(text: str) -> Checkpoint:
    return checkpoint.unverified(text)
