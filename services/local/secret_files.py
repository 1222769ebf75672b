"""Secrets in files of mode 0600, made once and then kept. Programs are told the path, never the value."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 32
PASSWORD_BYTES = 24


def key(path: Path) -> Path:
    """A file of 32 random bytes: an encryption key, or the seed of a signing key."""
    return _once(path, secrets.token_bytes(KEY_BYTES))


def password(path: Path) -> Path:
    """A file with a random password of 32 letters, digits, `-` and `_`, without a newline."""
    return _once(path, secrets.token_urlsafe(PASSWORD_BYTES).encode())


def random_name() -> str:
    """16 random hexadecimal digits, for names that must differ between machines."""
    return secrets.token_hex(8)


def _once(path: Path, value: bytes) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        write(path, value)
    return path


def write(path: Path, value: bytes) -> None:
    """Write a private file so that a crash leaves either the old content or the new, never a part."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
