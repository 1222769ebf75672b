"""Keeps one program running: starts it, waits until it works, starts it again when it dies, holds it down when asked."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from services.local import process
from services.local.errors import EngineFailed, LocalError
from services.local.orphans import Register
from services.local.process import Child, Program

POLL_S = 0.05
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 10.0
STEADY_S = 30.0  # a program that lasted this long starts again at once


class State(StrEnum):
    """What a part of the suite is doing."""

    STARTING = "starting"
    WARMING = "warming"  # answers, and says that it cannot work yet
    READY = "ready"
    RESTARTING = "restarting"
    HELD = "held"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Part:
    """One kept program. `prepare` may block and is run on a thread; `probe` says how far the program is."""

    name: str
    prepare: Callable[[], Program]
    probe: Callable[[], Awaitable[State]]
    ready_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Change:
    """A part came into a state; `words` say why, or how long it took, for a person."""

    name: str
    state: State
    words: str = ""


class Keeper:
    """One part, kept. Not safe for use by two tasks at once."""

    def __init__(self, part: Part, register: Register, tell: Callable[[Change], None]) -> None:
        self._part = part
        self._register = register
        self._tell = tell
        self._child: Child | None = None
        self._task: asyncio.Task[None] | None = None
        self._state = State.STOPPED

    @property
    def pid(self) -> int:
        """The process id. Raises EngineFailed while there is no process."""
        return self._running().pid

    @property
    def state(self) -> State:
        return self._state

    async def start(self) -> None:
        """Start the program and return when it works (or is warming); from then on it is kept. Raises EngineFailed."""
        if self._task is not None:
            raise EngineFailed(f"{self._part.name} is running already")
        await self._launch()
        self._task = asyncio.create_task(self._keep(), name=f"keep {self._part.name}")

    async def stop(self, *, state: State = State.STOPPED) -> None:
        """Stop the program, in order, and keep it no longer. May be called at any time, and twice."""
        await self._let_go()
        await self._end(process.end)
        self._change(state)

    async def kill(self) -> None:
        """SIGKILL the program and keep it down until `start`."""
        await self._let_go()
        await self._end(process.kill)
        self._change(State.HELD)

    def _running(self) -> Child:
        if self._child is None:
            raise EngineFailed(f"{self._part.name} is not running")
        return self._child

    async def _let_go(self) -> None:
        if self._task is not None:
            self._task.cancel()
            (outcome,) = await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            if isinstance(outcome, Exception):
                raise outcome

    async def _end(self, how: Callable[[Child], None]) -> None:
        if self._child is not None:
            await asyncio.to_thread(how, self._child)
            self._register.remove(self._child)
            self._child = None

    async def _launch(self) -> None:
        began = time.monotonic()
        self._change(State.STARTING)
        program = await self._prepared()
        self._child = process.spawn(program)  # on this thread: its end would be taken for ours
        self._register.add(self._child)
        try:
            state = await self._await_ready(self._child)
        except EngineFailed:
            await self._end(process.kill)
            raise
        self._change(state, f"{time.monotonic() - began:.1f} s")

    async def _prepared(self) -> Program:
        """Preparing is short and bounded, and it writes files: a cancelled task still waits for its end."""
        preparing = asyncio.create_task(asyncio.to_thread(self._part.prepare))
        try:
            return await asyncio.shield(preparing)
        except asyncio.CancelledError:
            await asyncio.wait([preparing])
            raise

    async def _await_ready(self, child: Child) -> State:
        deadline = time.monotonic() + self._part.ready_s
        while time.monotonic() < deadline:
            if not child.is_running():
                raise EngineFailed(f"{self._part.name} ended while starting ({_cause(child)}): see {child.program.log}")
            state = await self._part.probe()
            if state in (State.READY, State.WARMING):
                return state
            await asyncio.sleep(POLL_S)
        raise EngineFailed(f"{self._part.name} was not ready within {self._part.ready_s:g} s: see {child.program.log}")

    async def _keep(self) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            began = time.monotonic()
            self._change(State.RESTARTING, await self._ended())
            if time.monotonic() - began > STEADY_S:
                wait_s = FIRST_WAIT_S
            came_back = False
            while not came_back:
                came_back = await self._came_back(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    async def _ended(self) -> str:
        """Wait for the end of the running program, clear what is left of it, and return why it ended."""
        child = self._running()
        while child.is_running():
            await self._tell_when_warm()
            await asyncio.sleep(POLL_S)
        await self._end(process.kill)
        return _cause(child)

    async def _came_back(self, wait_s: float) -> bool:
        await asyncio.sleep(wait_s)
        try:
            await self._launch()
        except (LocalError, OSError) as error:
            self._change(State.RESTARTING, str(error))
            return False
        return True

    async def _tell_when_warm(self) -> None:
        if self._state is State.WARMING and await self._part.probe() is State.READY:
            self._change(State.READY)

    def _change(self, state: State, words: str = "") -> None:
        self._state = state
        self._tell(Change(self._part.name, state, words))


def _cause(child: Child) -> str:
    code = child.popen.returncode
    return f"signal {-code}" if code < 0 else f"exit {code}"
