"""A log as it is published (C2SP tlog-tiles): files under a folder or an address. Whoever serves them is not trusted."""

import re
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from services.audit import tile
from services.audit.tile import ENTRIES, MAX_ENTRY_BYTES, WIDTH
from services.audit.verify import SourceFailed

CHECKPOINT = "checkpoint"
MAX_NOTE_BYTES = 1_000_000
MAX_TILE_BYTES = WIDTH * 32
MAX_BUNDLE_BYTES = WIDTH * (2 + MAX_ENTRY_BYTES)
DEADLINE_S = 20.0
_OLDER = re.compile(r"checkpoint\.(0|[1-9][0-9]*)")


class Missing(Exception):
    """The tree has no such file."""


class Tree(Protocol):
    """Files of a published log. `read` raises Missing, and SourceFailed when the tree cannot be read."""

    def read(self, path: str, most_bytes: int) -> bytes:
        """A file; one that is longer than `most_bytes` cannot be read."""

    def older_sizes(self) -> Sequence[int]:
        """Sizes of the older heads that are there as checkpoint.SIZE."""


class FolderTree:
    """A tree in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str, most_bytes: int) -> bytes:
        """See `Tree.read`."""
        file_path = self._folder / path
        try:
            if not file_path.is_file():  # a pipe would wait for ever
                raise Missing(path)
            with file_path.open("rb") as file:
                found = file.read(most_bytes + 1)
        except OSError as cause:
            raise SourceFailed(f"{path} cannot be read: {cause.strerror}") from cause
        return _bounded(found, path, most_bytes)

    def older_sizes(self) -> Sequence[int]:
        """See `Tree.older_sizes`."""
        try:
            names = [_OLDER.fullmatch(file.name) for file in self._folder.iterdir()]
        except OSError as cause:
            raise SourceFailed(f"the folder cannot be read: {cause.strerror}") from cause
        return sorted(int(match[1]) for match in names if match)


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """A log that points elsewhere is not followed."""


class WebTree:
    """A tree at an http or https address. It cannot be listed: older heads come from whoever kept them."""

    def __init__(self, address: str, *, deadline_s: float = DEADLINE_S) -> None:
        if urlsplit(address).scheme not in ("http", "https"):
            raise SourceFailed("the address is neither http nor https")
        self._address, self._deadline_s = address.rstrip("/"), deadline_s
        self._opener = build_opener(_NoRedirect)

    def read(self, path: str, most_bytes: int) -> bytes:
        """See `Tree.read`. It takes DEADLINE_S at most, however slowly the other side sends."""
        answers: Queue[bytes | Exception] = Queue()

        def work() -> None:
            try:
                answers.put(self._read(path, most_bytes))
            except (Missing, SourceFailed) as cause:
                answers.put(cause)

        # A thread that is left behind ends with its connection: each step of it has a deadline of its own.
        Thread(target=work, daemon=True).start()
        try:
            found = answers.get(timeout=self._deadline_s)
        except Empty:
            raise SourceFailed(f"{path}: the log does not answer in time") from None
        if isinstance(found, Exception):
            raise found
        return found

    def _read(self, path: str, most_bytes: int) -> bytes:
        try:
            with self._opener.open(f"{self._address}/{path}", timeout=self._deadline_s) as answer:
                found: bytes = answer.read(most_bytes + 1)
        except HTTPError as cause:
            cause.close()
            if cause.code in (404, 410):
                raise Missing(path) from None
            raise SourceFailed(f"{path}: the log answers {cause.code}") from cause
        except (HTTPException, URLError, OSError, ValueError) as cause:
            raise SourceFailed(f"{path}: the log does not answer as it should") from cause
        return _bounded(found, path, most_bytes)

    def older_sizes(self) -> Sequence[int]:
        """See `Tree.older_sizes`."""
        return ()


def hashes(tree: Tree, level: int, number: int, width: int) -> bytes:
    """The first `width` hashes of a tile. Raises Missing, TileInvalid, SourceFailed."""
    data, found = _either(tree, level, number, width, MAX_TILE_BYTES)
    if len(data) != found * 32:
        raise tile.TileInvalid(f"{tile.path(level, number, found)} has {len(data)} bytes")
    return data[: width * 32]


def entries(tree: Tree, number: int, width: int) -> list[bytes]:
    """The first `width` entries of a bundle. Raises Missing, TileInvalid, SourceFailed."""
    data, found = _either(tree, ENTRIES, number, width, MAX_BUNDLE_BYTES)
    bundle = tile.decode_bundle(data)
    if len(bundle) != found:
        raise tile.TileInvalid(f"{tile.path(ENTRIES, number, found)} has {len(bundle)} entries")
    return bundle[:width]


def _either(tree: Tree, level: int | str, number: int, width: int, most_bytes: int) -> tuple[bytes, int]:
    """A partial file, or the full one that has taken its place; and how wide it should be."""
    try:
        return tree.read(tile.path(level, number, width), most_bytes), width
    except Missing:
        if width == WIDTH:
            raise
    return tree.read(tile.path(level, number), most_bytes), WIDTH


def _bounded(found: bytes, path: str, most_bytes: int) -> bytes:
    if len(found) > most_bytes:
        raise SourceFailed(f"{path} is longer than {most_bytes} bytes")
    return found
