"""The disk of the log is full: a real one, small, in a mount namespace of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.postgres, pytest.mark.s3]


def _namespace() -> tuple[str, ...]:
    """Words that give a program mounts of its own: a normal user needs to be root of a user namespace."""
    return ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-Urm")


def _can_mount(folder: Path) -> bool:
    command = (*_namespace(), "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_when_the_disk_of_the_log_is_full_nothing_is_given_away_and_nothing_that_was_promised_is_lost(
    tmp_path: Path,
) -> None:
    if not _can_mount(tmp_path):
        pytest.skip("no small disk: neither root nor user namespaces may mount here")
    command = [*_namespace(), sys.executable, "-m", "tests.fail_closed.full_disk", str(tmp_path / "run")]
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout
