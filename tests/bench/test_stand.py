"""One run at a time, on a folder of its own."""

import fcntl
from pathlib import Path

import pytest

from bench import __main__ as program
from bench import stand


def test_a_second_run_at_the_same_time_ends_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "BUILD", tmp_path)
    used = tmp_path / f"{stand.PREFIX}used"
    used.mkdir()
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert program.main([]) == 1
    assert capsys.readouterr().err == "bench: another bench is at work\n"
    assert used.exists()
