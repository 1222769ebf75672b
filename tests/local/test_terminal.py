"""`anpr up` as a person meets it: a process that is told to stop, killed, started twice, started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from services.local import data_folder
from tests.local.conftest import STANDIN
from tests.local.test_process import await_gone, is_gone

pytestmark = [pytest.mark.postgres, pytest.mark.s3]


class Terminal:
    """Runs the supervisor as a process of its own, whatever the test does to it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._log = folder / "terminal.log"
        self._running: list[subprocess.Popen[bytes]] = []

    def up(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "services.local", str(self.data), "--standin", str(STANDIN), "--unsafe-fast"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        with self._log.open("wb") as log:
            self._running.append(
                subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
            )
        return self._running[-1]

    def text(self) -> str:
        return self._log.read_text()

    def ready(self) -> "subprocess.Popen[bytes]":
        process = self.up()
        self.await_text(process, "ready after")
        return process

    def await_text(self, process: "subprocess.Popen[bytes]", text: str) -> None:
        while text not in self.text():
            assert process.poll() is None, self.text()
            time.sleep(0.05)

    def children(self) -> list[int]:
        return [child["pid"] for child in json.loads((self.data / "children.json").read_text())["children"]]

    def gateway(self) -> str:
        return str(json.loads((self.data / "ports.json").read_text())["gateway"])

    def close(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def left_behind(data: Path) -> list[str]:
    """Sockets, lock files and records of processes."""
    patterns = ("*.sock", "postmaster.pid", "children.json", "*.lock")
    return sorted(path.name for pattern in patterns for path in data.rglob(pattern))


def test_a_signal_stops_everything_and_leaves_nothing(terminal: Terminal) -> None:
    process = terminal.ready()
    children = terminal.children()
    assert len(children) == 10
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)  # an impatient person
    assert process.wait(60) == 0
    assert [pid for pid in children if not is_gone(pid)] == []
    assert left_behind(terminal.data) == []
    assert not data_folder.is_locked(terminal.data)
    assert terminal.text().endswith("stopped\n")


def test_a_signal_while_starting_stops_everything(terminal: Terminal) -> None:
    process = terminal.up()
    terminal.await_text(process, "recognition")
    children = terminal.children()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert [pid for pid in children if not is_gone(pid)] == []
    assert left_behind(terminal.data) == []


def test_a_killed_supervisor_takes_everything_along_and_can_be_started_again(terminal: Terminal) -> None:
    process = terminal.ready()
    children = terminal.children()
    process.kill()
    process.wait()
    await_gone(*children)
    again = terminal.ready()
    assert not set(terminal.children()) & set(children)
    assert _answers(terminal.gateway())
    again.send_signal(signal.SIGTERM)
    assert again.wait(60) == 0
    assert left_behind(terminal.data) == []


def test_a_second_start_is_refused_in_one_line(terminal: Terminal) -> None:
    with data_folder.locked(terminal.data):
        assert terminal.up().wait(60) == 1
    assert terminal.text() == f"not started: another `anpr up` runs in {terminal.data}\n"


def test_a_folder_that_is_not_ours_is_refused_in_one_line(terminal: Terminal) -> None:
    terminal.data.mkdir()
    (terminal.data / "holiday.jpg").touch()
    assert terminal.up().wait(60) == 1
    assert terminal.text().count("\n") == 1
    assert "is not empty and was not made by" in terminal.text()


def _answers(gateway: str) -> bool:
    with grpc.insecure_channel(gateway) as channel:
        grpc.channel_ready_future(channel).result(timeout=20)
    return True
