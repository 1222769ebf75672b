"""A few kills with every test run; `make test-all` makes the whole one (test_long.py)."""

from pathlib import Path

import pytest

from tests.chaos import table
from tests.log_crash import run
from tests.log_crash.run import Wish

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]


async def test_kills_lose_double_and_misplace_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = await run.run(Wish(tmp_path / "run", seed=1, kills=5))
    assert table.show("seed 1, 5 kills", rows), capsys.readouterr().out
