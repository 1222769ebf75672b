"""What the witness has cosigned: per log the newest head, in a file of its own, on disk before anybody is told.

A folder belongs to one process at a time. Whoever puts an older folder back makes the witness forget: it would cosign a second
history from there on. So the folder is not restored from a backup; a witness whose folder is lost gets a new key.
"""

import fcntl
import hashlib
import os
from pathlib import Path


class FolderInUse(Exception):
    """Another witness runs on this folder."""


class Heads:
    """The newest cosigned head of each log, by origin."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder for this process, as long as it lives. Raises FolderInUse, OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise FolderInUse(f"another witness runs on {folder}") from None

    def close(self) -> None:
        """Gives the folder free."""
        os.close(self._lock)

    def get(self, origin: str) -> str | None:
        """The note that was cosigned last; None when there is none."""
        return self.get_by_name(name(origin))

    def get_by_name(self, hashed: str) -> str | None:
        """The same, by the hexadecimal SHA-256 of the origin."""
        try:
            return self._file(hashed).read_text("utf-8")
        except FileNotFoundError:
            return None

    def put(self, origin: str, note: str) -> None:
        """Keeps a note. It is on disk, whole, when this returns."""
        write(self._file(name(origin)), note.encode())

    def _file(self, hashed: str) -> Path:
        return self._folder / f"{hashed}.checkpoint"


def write(file: Path, content: bytes) -> None:
    """Writes a file, mode 0600. It is there whole and on disk when this returns, or as it was before. Raises OSError."""
    draft = file.with_suffix(".draft")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)  # all of it: a disk that is nearly full takes a part, and only says so
        opened.flush()
        os.fsync(opened.fileno())
    draft.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def name(origin: str) -> str:
    """Hexadecimal SHA-256 of an origin."""
    return hashlib.sha256(origin.encode()).hexdigest()
