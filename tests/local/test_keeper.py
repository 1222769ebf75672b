"""One kept program, in every way it can end."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.local.errors import EngineFailed
from services.local.keeper import Change, Keeper, Part, State
from services.local.orphans import Register
from services.local.process import Program
from tests.local.test_process import await_gone, is_gone

SLEEPER = "open('up', 'w').close(); import time; time.sleep(600)"


@dataclass
class Stage:
    """A kept Python program that works once it has made the file `up`, and what was told about it."""

    folder: Path
    code: str = SLEEPER
    changes: list[Change] = field(default_factory=list)
    ready_s: float = 20.0

    def keeper(self) -> Keeper:
        part = Part("sample", self.prepare, self.probe, self.ready_s)
        return Keeper(part, Register(self.folder), self.changes.append)

    def prepare(self) -> Program:
        (self.folder / "up").unlink(missing_ok=True)
        return Program("sample", (sys.executable, "-c", self.code), self.folder, self.folder / "log", grace_s=0.5)

    async def probe(self) -> State:
        if await asyncio.to_thread((self.folder / "warm").exists):
            return State.WARMING
        return State.READY if await asyncio.to_thread((self.folder / "up").exists) else State.STARTING

    def states(self) -> list[State]:
        return [change.state for change in self.changes]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_program_that_is_killed_comes_back(stage: Stage) -> None:
    keeper = stage.keeper()
    await keeper.start()
    first = keeper.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: stage.states().count(State.READY) == 2)
    assert keeper.pid != first
    assert [change.words for change in stage.changes if change.state is State.RESTARTING] == ["signal 9"]
    await keeper.stop()


async def test_a_program_that_keeps_failing_is_tried_again_and_again(stage: Stage) -> None:
    keeper = stage.keeper()
    await keeper.start()
    stage.code = "raise SystemExit(3)"
    os.kill(keeper.pid, signal.SIGKILL)
    await until(lambda: stage.states().count(State.STARTING) == 4)
    stage.code = SLEEPER
    await until(lambda: keeper.state is State.READY)
    await keeper.stop()


async def test_a_program_that_is_held_stays_down_until_started(stage: Stage) -> None:
    keeper = stage.keeper()
    await keeper.start()
    first = keeper.pid
    await keeper.kill()
    assert is_gone(first)
    await asyncio.sleep(0.5)  # longer than the first wait before a restart
    assert stage.states() == [State.STARTING, State.READY, State.HELD]
    with pytest.raises(EngineFailed, match="is not running"):
        _ = keeper.pid
    await keeper.start()
    assert keeper.pid != first
    await keeper.stop()


async def test_a_running_program_is_not_started_twice(stage: Stage) -> None:
    keeper = stage.keeper()
    await keeper.start()
    with pytest.raises(EngineFailed, match="running already"):
        await keeper.start()
    await keeper.stop()


async def test_a_program_that_ends_at_its_first_start_is_an_error(stage: Stage) -> None:
    stage.code = "raise SystemExit(3)"
    with pytest.raises(EngineFailed, match=r"ended while starting \(exit 3\): see .*log"):
        await stage.keeper().start()


async def test_a_program_that_never_works_is_an_error_and_is_ended(stage: Stage) -> None:
    stage.code, stage.ready_s = "import os, time; print(os.getpid(), flush=True); time.sleep(600)", 1.0
    with pytest.raises(EngineFailed, match="was not ready within 1 s"):
        await stage.keeper().start()
    for pid in (stage.folder / "log").read_text().split():
        await_gone(int(pid))


async def test_a_start_that_is_cancelled_leaves_nothing_once_stopped(stage: Stage) -> None:
    stage.code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    keeper = stage.keeper()
    starting = asyncio.create_task(keeper.start())
    await until(lambda: (stage.folder / "log").exists() and (stage.folder / "log").read_text() != "")
    starting.cancel()
    await asyncio.wait([starting])
    await keeper.stop()
    await_gone(int((stage.folder / "log").read_text()))


async def test_a_program_that_warms_up_is_up_and_says_so_when_it_is_warm(stage: Stage) -> None:
    (stage.folder / "warm").touch()
    keeper = stage.keeper()
    await keeper.start()
    assert keeper.state is State.WARMING
    (stage.folder / "warm").unlink()
    await until(lambda: keeper.state is State.READY)
    await keeper.stop()


async def test_stopping_twice_is_stopping_once(stage: Stage) -> None:
    keeper = stage.keeper()
    await keeper.start()
    pid = keeper.pid
    await keeper.stop()
    await keeper.stop()
    assert is_gone(pid)
