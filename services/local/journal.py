"""The supervisor's own log: one JSON object for every change of a part."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from services.local.keeper import Change


@contextmanager
def journal(path: Path, tell: Callable[[Change], None]) -> Iterator[Callable[[Change], None]]:
    """A listener that writes each change down, then passes it on to `tell`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        log = structlog.wrap_logger(
            structlog.WriteLogger(file),
            processors=[structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer()],
        )

        def write(change: Change) -> None:
            with suppress(OSError):  # a full disk must not stop what keeps the suite running
                log.msg(change.state.value, part=change.name, words=change.words)
            tell(change)

        yield write
