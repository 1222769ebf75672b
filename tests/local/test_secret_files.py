"""Secrets: private, made once, whole or not at all."""

import os
from pathlib import Path

from services.local import secret_files


def test_a_secret_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = secret_files.key(tmp_path / "secrets" / "a.key")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    first = secret_files.key(path).read_bytes()
    assert len(first) == 32
    assert secret_files.key(path).read_bytes() == first


def test_no_two_secrets_are_alike(tmp_path: Path) -> None:
    secrets = {secret_files.password(tmp_path / f"{number}").read_text() for number in range(20)}
    assert len(secrets) == 20
    assert all(len(secret) == 32 and secret == secret.strip() for secret in secrets)


def test_a_write_that_was_cut_short_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.with_name("file.partial").write_bytes(b"half")
    secret_files.write(path, b"whole")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"whole"
