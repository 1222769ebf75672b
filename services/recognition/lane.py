"""The place of one worker in a pool, and how another one takes it over."""

import asyncio

from services.recognition.worker_process import WorkerProcess


class Relieved(Exception):
    """Another worker is to go on in the place of this one."""


class Lane:
    """The place of one worker in a pool. successor: a warm worker that is to take the place; None when there is none."""

    def __init__(self) -> None:
        self.successor: WorkerProcess | None = None
        self.relief, self.taken = asyncio.Event(), asyncio.Event()

    async def hand_over(self, worker: WorkerProcess | None) -> None:
        """Has the worker at work replaced by this one as soon as it is done with its picture; returns when it is.

        None has one started in its place.
        """
        self.successor = worker
        self.taken.clear()
        self.relief.set()
        await self.taken.wait()

    def take(self) -> WorkerProcess | None:
        """The successor, which is no longer one."""
        taken, self.successor = self.successor, None
        self.relief.clear()
        self.taken.set()
        return taken
