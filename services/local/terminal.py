"""`anpr up` for a person: start everything, say how it goes, stay until told to stop."""

import asyncio
import signal
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from services.local import supervisor
from services.local.errors import LocalError
from services.local.keeper import Change, State
from services.local.options import Options
from services.local.supervisor import Suite

STYLES = {State.READY: "green", State.WARMING: "yellow", State.RESTARTING: "red"}
STOPPED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(folder: Path, options: Options) -> int:
    """Run the suite until Ctrl-C or SIGTERM; returns the exit status, having printed the reason if it is not 0."""
    try:
        asyncio.run(_stay(folder, options, Console(highlight=False)))
    except LocalError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]not started:[/] {error}", markup=True)
        return 1
    return 0


async def _stay(folder: Path, options: Options, console: Console) -> None:
    task = asyncio.create_task(_run(folder, options, console))
    for number in STOPPED_BY:
        asyncio.get_running_loop().add_signal_handler(number, _cancel_once, task)
    try:
        await task
    except asyncio.CancelledError:
        console.print("stopped")


def _cancel_once(task: asyncio.Task[None]) -> None:
    """A second Ctrl-C must not cut the stopping short: every step of it is bounded."""
    if not task.cancelling():
        task.cancel()


async def _run(folder: Path, options: Options, console: Console) -> None:
    began = time.monotonic()

    def tell(change: Change) -> None:
        if change.state not in STYLES:
            return
        with suppress(OSError):  # nor must a terminal that went away
            console.print(
                f"  {change.name:18}[{STYLES[change.state]}]{change.state:11}[/]{change.words}", soft_wrap=True
            )

    async with supervisor.running(folder, options, tell) as suite:
        _greet(suite, time.monotonic() - began, console)
        await asyncio.Event().wait()


def _greet(suite: Suite, took_s: float, console: Console) -> None:
    found = suite.instance
    console.print(f"  gateway {found.gateway}   logs {found.logs}   Ctrl-C stops everything", soft_wrap=True)
    console.print(f"[bold green]ready[/] after {took_s:.1f} s", soft_wrap=True)
