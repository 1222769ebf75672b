"""The data directory: made for us alone, locked by at most one supervisor, without a lock file to leave behind."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.local.errors import AlreadyRunning, LocalError

MARK = "ports.json"
PATIENCE_S = 0.5  # a reader that looks whether the lock is held, holds it for a moment itself


@contextmanager
def locked(folder: Path) -> Iterator[Path]:
    """The folder, absolute, made if missing and ours until the block ends. Raises AlreadyRunning, or LocalError for a
    folder that is somebody else's. The lock is on the folder itself and goes with the process, however it ends."""
    data = folder.absolute()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as cause:
        raise LocalError(f"{data} cannot be used as data directory: {cause.strerror}") from cause
    try:
        _lock(descriptor, data)
        _verify_ours(data)
        yield data
    finally:
        os.close(descriptor)


def is_locked(data: Path) -> bool:
    """True while a supervisor works in this folder."""
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int, data: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise AlreadyRunning(f"another `anpr up` runs in {data}") from None
            time.sleep(0.05)
        else:
            return


def _verify_ours(data: Path) -> None:
    status = data.stat()
    if status.st_uid != os.geteuid():
        raise LocalError(f"{data} belongs to another user (uid {status.st_uid}): give a data directory of your own")
    if status.st_mode & 0o022:
        raise LocalError(f"{data} can be written by other users: chmod it to 700")
    if any(data.iterdir()) and not (data / MARK).exists():
        raise LocalError(f"{data} is not empty and was not made by `anpr up`: give a new data directory")
