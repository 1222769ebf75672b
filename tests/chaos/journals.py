"""Reading the log files of a run: what must not be in them."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

SERVICES = ("ingest", "recognition", "matching", "audit")
# Events that say that a program met what it was not written for.
FAULTS = frozenset({"call.failed", "read.failed", "unraisable", "thread_died", "died", "send.refused"})
# A process that starts while what it needs is dead ends, and is started again.
OF_A_KILL = frozenset({"StoreUnavailable", "PoolTimeout", "OperationalError", "ConnectionRefusedError"})
CODES = frozenset({"INTERNAL", "UNKNOWN", "DATA_LOSS"})
WORD = re.compile(rb"[A-Za-z0-9-]+")
LONG = 6


def leaks(folder: Path, words: Iterable[str]) -> tuple[str, ...]:
    """Files that hold one of the words: long ones anywhere, short ones only as a word, since chance writes those too."""
    wanted = {word.encode() for word in words if word}
    parts = re.compile(b"|".join(map(re.escape, sorted(word for word in wanted if len(word) >= LONG))) or b"$^")
    found: list[str] = []
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        content = file.read_bytes()
        hits = {*(wanted & set(WORD.findall(content))), *parts.findall(content)}
        found += [f"{file.name}: {hit.decode()}" for hit in sorted(hits)]
    return tuple(found)


def faults(folder: Path) -> tuple[str, ...]:
    """Lines of the services that tell of an internal error, or that are no line of theirs at all."""
    return tuple(f"{name}: {words}" for name in SERVICES for words in faults_of(folder / f"{name}.log"))


def faults_of(path: Path) -> Iterator[str]:
    """The same of one log file."""
    for line in path.read_text(errors="replace").splitlines() if path.exists() else ():
        try:
            event = json.loads(line)
        except ValueError:
            if line.strip("\0"):
                yield line[:200]
            continue
        if (words := _fault(event)) is not None:
            yield words


def _fault(event: dict[str, Any]) -> str | None:
    kinds = list(_kinds(event.get("exception", ())))
    if event.get("code") in CODES:
        return f"{event.get('event')} {event['code']}"
    if event.get("event") not in FAULTS and event.get("level") != "critical":
        return None
    if event.get("event") == "died" and set(kinds) & OF_A_KILL:
        return None
    return f"{event.get('event')} {' < '.join(kinds)} {event.get('exception', [{}])[0].get('exc_value', '')}".strip()


def _kinds(faults_: Any) -> Iterator[str]:
    for fault in faults_:
        yield str(fault.get("exc_type", ""))
        for inner in fault.get("exceptions", ()):
            yield from _kinds(inner if isinstance(inner, list) else [inner])
