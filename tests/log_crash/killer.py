"""Kills and stops the parts, and sees to it that each comes back."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import LiteralString

from services.local.errors import LocalError
from services.local.keeper import State
from tests.chaos import processes
from tests.chaos.killer import ChaosFailed
from tests.log_crash.plan import PARTS, Blow, How, Round
from tests.log_crash.records import Memory, Standstill
from tests.log_crash.stand import BACK_S, Stand

CATCH_S = 30.0
POLL_S = 0.03
SETTLED_S = 0.02
IN_FLIGHT_S = 0.2  # an answer that was on its way when the holder was stopped
# Who waits for the lock is active; who is idle in a transaction that has touched the head has it.
HOLDS: LiteralString = """
SELECT a.application_name, a.pid, a.xact_start FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
WHERE a.usename = 'audit_appender' AND a.state = 'idle in transaction'
    AND l.relation = 'audit.head'::regclass AND l.granted
"""


class Killer:
    """Carries out rounds. `struck` counts what was done, `kills` the SIGKILLs, by part."""

    def __init__(self, stand: Stand, memory: Memory) -> None:
        self._stand, self._memory = stand, memory
        self.struck: Counter[How] = Counter()
        self.kills: Counter[str] = Counter()

    async def strike(self, round_: Round) -> None:
        """Returns when every part that was hit works again. Raises ChaosFailed."""
        await asyncio.gather(*(self._blow(blow) for blow in round_.blows))
        await self.settle()

    async def settle(self) -> None:
        """Returns when every part works."""
        for name in PARTS:
            await self._back(name, -1)

    async def _blow(self, blow: Blow) -> None:
        self.struck[blow.how] += 1
        match blow.how:
            case How.HELD | How.HELD_DEAD:
                await self._hold(blow)
            case How.STOP:
                halted = processes.halt(await self._running(blow.part))
                try:
                    await asyncio.sleep(blow.wait_s)
                finally:
                    processes.wake(halted)
            case How.HAND:
                self.kills[blow.part] += 1
                await self._stand.kill(blow.part)
                await asyncio.sleep(blow.wait_s)
                await self._stand.start_again(blow.part)
            case How.KEEPER:
                await self._back(blow.part, await self._shoot(blow.part))
            case How.FROZEN:
                await self._back(blow.part, await self._freeze(blow.part, blow.wait_s))
            case How.TWICE:
                await self._twice(blow)

    async def _hold(self, blow: Blow) -> None:
        """Stops the replica that holds the lock on the head, and notes when another one wrote again."""
        name, pid = await asyncio.to_thread(self._stop_holder)
        since = time.monotonic()
        try:
            await asyncio.sleep(blow.wait_s)
            others = [at for replica, at in self._memory.written if replica != name and at > since + IN_FLIGHT_S]
            self._memory.standstills.append(Standstill(name, min(others, default=float("inf")) - since))
            if blow.how is How.HELD_DEAD:
                await self._shoot(name)
        finally:
            processes.wake([pid])
        if blow.how is How.HELD_DEAD:
            await self._back(name, pid)

    def _stop_holder(self) -> tuple[str, int]:
        """Its name and pid. One that was stopped too late is let go, and the next is tried."""
        deadline = time.monotonic() + CATCH_S
        with self._stand.place.connect() as connection:
            while time.monotonic() < deadline:
                for holder in connection.execute(HOLDS).fetchall():
                    if (pid := self._pid(holder[0])) == -1:
                        continue
                    processes.halt(pid)
                    time.sleep(SETTLED_S)  # what it had sent by then comes to its end
                    if holder in connection.execute(HOLDS).fetchall():
                        return holder[0], pid
                    processes.wake([pid])
        raise ChaosFailed("nobody was caught with the lock on the head")

    async def _twice(self, blow: Blow) -> None:
        anew = await self._await(blow.part, self._is_other(await self._shoot(blow.part)), any_state=True)
        await asyncio.sleep(blow.wait_s)
        if self._pid(blow.part) == anew:
            await self._shoot(blow.part)
        else:  # its keeper gave that start up by itself
            self.kills[blow.part] += 1
            await self._stand.kill(blow.part)
            await self._stand.start_again(blow.part)
        await self._back(blow.part, anew)

    async def _running(self, name: str) -> int:
        """The pid of a part, as soon as there is a process."""
        return await self._await(name, self._is_other(-1), any_state=True)

    async def _shoot(self, name: str) -> int:
        pid = await self._running(name)
        self.kills[name] += 1
        os.kill(pid, signal.SIGKILL)
        return pid

    async def _freeze(self, name: str, seconds: float) -> int:
        halted = processes.halt(await self._running(name))
        try:
            await asyncio.sleep(seconds)
            return await self._shoot(name)
        finally:
            processes.wake(halted)

    @staticmethod
    def _is_other(old: int) -> Callable[[int], bool]:
        return lambda pid: pid not in (-1, old)

    async def _back(self, name: str, old: int) -> None:
        await self._await(name, self._is_other(old), any_state=False)

    async def _await(self, name: str, is_it: Callable[[int], bool], *, any_state: bool) -> int:
        deadline = time.monotonic() + BACK_S
        while True:
            pid = self._pid(name)
            if is_it(pid) and (any_state or self._stand.state(name) is State.READY):
                return pid
            if time.monotonic() > deadline:
                raise ChaosFailed(f"{name} did not come back within {BACK_S:g} s")
            await asyncio.sleep(POLL_S)

    def _pid(self, name: str) -> int:
        """-1 between two processes."""
        try:
            return self._stand.pid(name)
        except LocalError:
            return -1
