"""A worker process as the service sees it."""

import asyncio
import os
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from services.recognition import pipe, worker
from services.recognition.engine import EngineIdentity

Result = TypeVar("Result")

TAIL_LINES = 15
# Of the service's environment; the last two are for the CUDA provider.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
# Pixels are megabytes that come and go with every picture. Handed back to the kernel each time, they cost more to get again
# than to decode: 10 instead of 4 ms for 1280x720. (glibc's names; others do not know them.)
MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
ROOT = Path(__file__).resolve().parents[2]


class WorkerGone(Exception):
    """The process is dead, mute, or talks nonsense; it is of no more use."""


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """How a worker is started: interpreter and arguments, and what it is told first.

    models: contents of the model files. Over the pipe, since a file may be replaced, or be half written, when a worker that
    died is started again.
    """

    arguments: tuple[str, ...]
    models: tuple[bytes, ...] = field(default=(), repr=False)

    def full_environment(self) -> dict[str, str]:
        """A bare environment: no settings, tokens or proxies of the service reach a worker."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        own = {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1", worker.PARENT: str(os.getpid())}
        return {**kept, **own, **MEMORY}


class WorkerProcess:
    """One running worker. Made by `start`; after WorkerGone only `kill` makes sense."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._drain = asyncio.create_task(self._drain_errors())
        self.exited = asyncio.create_task(process.wait())
        self.identity = EngineIdentity("", "", "")

    @classmethod
    async def start(cls, command: WorkerCommand, *, timeout_s: float) -> "WorkerProcess":
        """A warm worker. Raises WorkerGone, with the last lines it wrote, when it is not ready in time."""
        process, was_cancelled = await _finish(
            asyncio.create_subprocess_exec(
                *command.arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=command.full_environment(),
            )
        )
        started = cls(process)
        if was_cancelled:
            await started.kill()
            raise asyncio.CancelledError
        try:
            await started._meet(command.models, timeout_s)
        except BaseException:
            await started.kill()
            raise
        return started

    async def ask(self, picture: bytes, *, timeout_s: float) -> pipe.Answer:
        """The answer to one picture. Raises WorkerGone when none comes in time."""
        try:
            async with asyncio.timeout(timeout_s):
                self._stdin.write(pipe.frame(picture))
                await self._stdin.drain()
                return await self._receive()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, pipe.Garbled) as cause:
            raise WorkerGone(f"no answer: {type(cause).__name__}") from cause

    async def kill(self) -> None:
        """Ends the process at once, which loses nothing: a worker keeps no state."""
        _, was_cancelled = await _finish(self._end())
        if was_cancelled:
            raise asyncio.CancelledError

    async def _end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self.exited
        self._stdin.close()
        await self._drain
        await self._stdout.read()

    def last_words(self) -> str:
        """The last lines that the process wrote to its standard error."""
        return "\n".join(self._tail)

    @property
    def exit_status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def _stdin(self) -> asyncio.StreamWriter:
        if self._process.stdin is None:
            raise WorkerGone("no pipe")
        return self._process.stdin

    @property
    def _stdout(self) -> asyncio.StreamReader:
        if self._process.stdout is None:
            raise WorkerGone("no pipe")
        return self._process.stdout

    async def _meet(self, models: Iterable[bytes], timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                for model in models:
                    self._stdin.write(pipe.frame(model))
                    await self._stdin.drain()
                hello = await self._receive()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, pipe.Garbled) as cause:
            await asyncio.wait({self.exited}, timeout=0.5)
            raise WorkerGone(f"not ready: {type(cause).__name__}\n{self.last_words()}".strip()) from cause
        if not isinstance(hello, pipe.Ready):
            raise WorkerGone("not ready: it said something else")
        self.identity = hello.identity

    async def _receive(self) -> pipe.Answer:
        head = await self._stdout.readexactly(pipe.LENGTH.size)
        return pipe.decode(await self._stdout.readexactly(pipe.size_bytes(head)))

    async def _drain_errors(self) -> None:
        if self._process.stderr is None:
            return
        while block := await self._process.stderr.read(4096):
            self._tail.extend(block.decode(errors="replace").splitlines())


async def _finish(work: Coroutine[Any, Any, Result]) -> tuple[Result, bool]:
    """What comes of work that is short, and whether it was cancelled meanwhile: then too it goes on to its end.

    A process that is left half started, or half ended, leaves its pipes to the garbage collector, after the loop has closed.
    """
    task, was_cancelled = asyncio.ensure_future(work), False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            was_cancelled = True
    return task.result(), was_cancelled
