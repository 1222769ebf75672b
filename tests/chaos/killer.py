"""Kills and stops the parts of a suite, and sees to it that each comes back."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from services.local import process
from services.local.errors import LocalError
from services.local.keeper import State
from services.local.process import Child, Program
from services.local.supervisor import Suite
from tests.chaos import processes
from tests.chaos.plan import PARTS, SUBSCRIBER, Blow, How, Round

BACK_S = 90.0
POLL_S = 0.03
WORKS = (State.READY, State.WARMING)


class ChaosFailed(Exception):
    """The run could not be made; nothing is said about what was promised."""


class Subscriber:
    """The program that watches alerts, as the suite's parts are: killed and started again."""

    def __init__(self, gateway: str, notes: Path) -> None:
        self.received = notes / "alerts.jsonl"
        words = ("-P", "-m", "tests.chaos.subscriber", gateway, str(self.received))
        self._program = beside("subscriber", words, notes)
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        if self._child is None or not self._child.is_running():
            raise ChaosFailed(f"the subscriber ended by itself: see {self._program.log}")
        return self._child.pid

    def start(self) -> None:
        self._child = process.spawn(self._program)

    async def kill(self) -> None:
        if self._child is not None:
            await asyncio.to_thread(process.kill, self._child)


def beside(name: str, words: Iterable[str], notes: Path) -> Program:
    """A Python program beside the suite, which finds the code that we run."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    environment = (("PYTHONPATH", path), ("PYTHONUNBUFFERED", "1"))
    return Program(name, (sys.executable, *words), notes, notes / f"{name}.log", environment)


class Killer:
    """Carries out rounds. `struck` counts what was done, by part and way."""

    def __init__(self, suite: Suite, subscriber: Subscriber) -> None:
        self._suite, self._subscriber = suite, subscriber
        self.struck: Counter[tuple[str, How]] = Counter()
        self.kills: Counter[str] = Counter()

    async def strike(self, round_: Round) -> None:
        """Returns when every part that was hit works again. Raises ChaosFailed."""
        await asyncio.gather(*(self._blow(blow) for blow in round_.blows))

    async def settle(self) -> None:
        """Returns when every part works."""
        for name in PARTS:
            if name != SUBSCRIBER:
                await self._back(name, -1)

    async def _blow(self, blow: Blow) -> None:
        self.struck[blow.part, blow.how] += 1
        match blow.how:
            case How.STOP:
                await self._halt(self._pid(blow.part), blow.wait_s)
            case _ if blow.part == SUBSCRIBER:
                await self._hit_subscriber(blow)
            case How.HAND:
                self._count(blow.part)
                await self._suite.kill(blow.part)
                await asyncio.sleep(blow.wait_s)
                await self._start(blow.part)
            case How.KEEPER:
                await self._back(blow.part, self._shoot(blow.part))
            case How.FROZEN:
                await self._back(blow.part, await self._freeze(blow.part, blow.wait_s))
            case How.TWICE:
                anew = await self._anew(blow.part, self._shoot(blow.part))
                await asyncio.sleep(blow.wait_s)
                if self._suite_pid(blow.part) == anew:
                    self._shoot(blow.part)
                else:  # its keeper gave that start up by itself
                    self._count(blow.part)
                    await self._suite.kill(blow.part)
                    await self._start(blow.part)
                await self._back(blow.part, anew)

    async def _hit_subscriber(self, blow: Blow) -> None:
        for _ in range(blow.kills):
            self._count(SUBSCRIBER)
            await self._subscriber.kill()
            await asyncio.sleep(blow.wait_s)
            self._subscriber.start()

    def _shoot(self, name: str) -> int:
        pid = self._suite.pid(name)
        self._count(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def _count(self, name: str) -> None:
        self.kills[name] += 1

    async def _halt(self, pid: int, seconds: float) -> None:
        halted = processes.halt(pid)
        try:
            await asyncio.sleep(seconds)
        finally:
            processes.wake(halted)

    async def _freeze(self, name: str, seconds: float) -> int:
        """What it started goes on afterwards, and finds its parent dead: the end of locks that it held."""
        halted = processes.halt(self._suite.pid(name))
        try:
            await asyncio.sleep(seconds)
            return self._shoot(name)
        finally:
            processes.wake(halted)

    async def _start(self, name: str) -> None:
        """An engine that was killed may need several attempts: what it left must end first."""
        deadline = time.monotonic() + BACK_S
        while True:
            try:
                await self._suite.start(name)
            except LocalError as cause:
                if time.monotonic() > deadline:
                    raise ChaosFailed(f"{name} cannot be started: {cause}") from cause
                await asyncio.sleep(0.2)
            else:
                return

    async def _anew(self, name: str, old: int) -> int:
        """Returns the pid of the next process of a part, as soon as it is there."""
        return await self._await_part(name, lambda pid: pid not in (-1, old), any_state=True)

    async def _back(self, name: str, old: int) -> None:
        """Returns when a part works, in another process than `old`."""
        await self._await_part(name, lambda pid: pid not in (-1, old), any_state=False)

    async def _await_part(self, name: str, is_it: Callable[[int], bool], *, any_state: bool) -> int:
        deadline = time.monotonic() + BACK_S
        while True:
            pid = self._suite_pid(name)
            if is_it(pid) and (any_state or self._suite.state(name) in WORKS):
                return pid
            if time.monotonic() > deadline:
                raise ChaosFailed(f"{name} did not come back within {BACK_S:g} s")
            await asyncio.sleep(POLL_S)

    def _pid(self, name: str) -> int:
        return self._subscriber.pid if name == SUBSCRIBER else self._suite.pid(name)

    def _suite_pid(self, name: str) -> int:
        """-1 between two processes."""
        try:
            return self._suite.pid(name)
        except LocalError:
            return -1
