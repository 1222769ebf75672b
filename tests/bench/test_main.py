"""A run: one bench that cannot be run costs its own rows only."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench import __main__ as program
from bench import peers, stand
from bench.errors import PeerMissing
from bench.row import Ratio, Row
from bench.stand import Stand
from services.common.errors import StoreUnavailable
from tests.bench.test_row import row


@asynccontextmanager
async def _no_stand(_: Path) -> AsyncIterator[None]:
    yield None


async def _measured(_: Stand) -> list[Row]:
    return [row((1.0,), (10.0,), target=Ratio(0.5))]


async def _without_peer(_: Stand) -> list[Row]:
    raise PeerMissing("peer not installed")


async def _broken(_: Stand) -> list[Row]:
    async with asyncio.TaskGroup() as group:
        group.create_task(_refuse())
    return []


async def _refuse() -> None:
    raise StoreUnavailable("the database does not answer")


@pytest.fixture
def benches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stand, "running", _no_stand)
    monkeypatch.setattr(program, "BUILD", tmp_path)
    monkeypatch.setattr(program, "BENCHES", {"lone": _without_peer, "broken": _broken, "slow": _measured})


@pytest.mark.usefixtures("benches")
def test_a_missing_peer_and_a_missed_target_are_printed_and_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "deep" / "run.json"
    assert program.main(["--only", "lone", "--only", "slow", "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "lone: peer not installed" in printed
    assert "x >= 0.5 NO" in printed
    assert [one["what"] for one in json.loads(file.read_text())["rows"]] == ["lone", "what"]


@pytest.mark.usefixtures("benches")
def test_a_bench_that_fails_is_named_and_the_others_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([]) == 1
    printed = capsys.readouterr().out
    assert "broken: failed: StoreUnavailable: the database does not answer" in printed
    assert "x >= 0.5 NO" in printed


def test_a_peer_that_is_not_installed_is_not_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    with pytest.raises(PeerMissing, match="not installed"):
        peers.command("list_matcher")


def test_an_installation_that_fails_leaves_the_rest_to_be_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "peers.txt").write_text("no such requirement at all\n")
    monkeypatch.setattr(peers, "FOLDER", tmp_path / "venv")
    monkeypatch.setattr(peers, "PYTHON", tmp_path / "venv" / "bin" / "python")
    monkeypatch.setattr(peers, "REQUIREMENTS", tmp_path / "peers.txt")
    assert peers.main() == 0
    assert "their rows will be missing" in capsys.readouterr().err
    assert not peers.is_current()
