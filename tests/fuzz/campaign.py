"""The cases: how many of which door, in which order, and one after the other until all are through."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from services.local import kernel
from tests.fuzz import doors, probe, probes, sockets
from tests.fuzz.calls import Lines
from tests.fuzz.probe import Probe
from tests.fuzz.tally import FAULTS, Tally, packed
from tests.fuzz.town import LEAK_BYTES, Town

WIRE_SHARE = 0.21  # of the cases; the rest is cheaper by far
TENTHS = 10
AT_ONCE = 48
SETTLE_S = 2.0

Send = Callable[[int], Coroutine[Any, Any, None]]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """cases: in all; seed: the same gives the same cases; only: a part of the name of the doors to knock at, empty for all."""

    cases: int
    seed: int
    only: str = ""

    def shares(self, weights: Mapping[str, int], cases: int) -> dict[str, int]:
        """How many cases each door gets, at least one."""
        chosen = {name: weight for name, weight in weights.items() if self.only in name}
        total = sum(chosen.values()) or 1
        return {name: max(1, -(-cases * weight // total)) for name, weight in chosen.items()}

    def dice(self, door: str, number: int) -> Random:
        """What decides about one case."""
        return Random(f"{self.seed}:{door}:{number}")


def within(plan: Plan, tally: Tally, cases: int, tell: Tell) -> tuple[int, int]:
    """Cases for functions in this process. Returns its memory after the first tenth, and at the end."""
    found = probes.everything()
    shares = plan.shares({name: one.weight for name, one in found.items()}, cases)
    plateau = 0
    for tenth in range(TENTHS):
        began = time.monotonic()
        for name, share in shares.items():
            with _quiet():
                for number in _slice(share, tenth):
                    _examine(plan, tally, found[name], number)
        plateau = plateau or kernel.entry(os.getpid()).rss_bytes
        tell(f"functions {tenth + 1}/{TENTHS}: {time.monotonic() - began:.0f} s")
    return plateau, kernel.entry(os.getpid()).rss_bytes


@contextmanager
def _quiet() -> Iterator[None]:
    """Withholds what the TIFF library writes to standard error about each bad picture."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _examine(plan: Plan, tally: Tally, one: Probe, number: int) -> None:
    content = one.make(plan.dice(one.name, number))
    outcome = probe.examine(one, content)
    tally.add(
        one.name, number, outcome, {"kind": "probe", "door": one.name, "number": number, "content": packed(content)}
    )


def _slice(share: int, tenth: int) -> range:
    return range(share * tenth // TENTHS, share * (tenth + 1) // TENTHS)


async def over_the_wire(plan: Plan, tally: Tally, town: Town, cases: int, tell: Tell) -> None:
    """Cases for a running suite, a tenth of each door at a time, and after each a look at the processes."""
    known = doors.everything(await town.tokens())
    weights = {name: door.weight for name, door in known.items()} | {sockets.DOOR: sockets.WEIGHT}
    shares = plan.shares(weights, cases)
    town.look()
    async with Lines(town.addresses()) as lines:
        senders = {name: _sender(plan, tally, lines, door) for name, door in known.items()}
        senders[sockets.DOOR] = _socket_sender(plan, tally, town)
        for tenth in range(TENTHS):
            began = time.monotonic()
            order = [(name, number) for name, share in shares.items() for number in _slice(share, tenth)]
            Random(f"{plan.seed}:{tenth}").shuffle(order)
            await _all(order, senders)
            await asyncio.sleep(SETTLE_S)
            memory = " ".join(f"{name} {size >> 20}" for name, size in town.look().rss_bytes.items())
            tell(f"wire {tenth + 1}/{TENTHS}: {len(order):,} cases in {time.monotonic() - began:.0f} s; MiB: {memory}")


async def _all(order: Sequence[tuple[str, int]], senders: Mapping[str, Send]) -> None:
    rest: Iterator[tuple[str, int]] = iter(order)

    async def work() -> None:
        for name, number in rest:
            await senders[name](number)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())


def _sender(plan: Plan, tally: Tally, lines: Lines, door: doors.Door) -> Send:
    async def send(number: int) -> None:
        case = door.make(plan.dice(door.name, number), number)
        outcome = await lines.send(case)
        tally.add(door.name, number, outcome, case.encode() if outcome.word in FAULTS else {})

    return send


def _socket_sender(plan: Plan, tally: Tally, town: Town) -> Send:
    ports = town.ports()

    async def send(number: int) -> None:
        connection = sockets.make(plan.dice(sockets.DOOR, number), number, tuple(ports))
        outcome = await sockets.send(connection, ("127.0.0.1", ports[connection.server]))
        tally.add(sockets.DOOR, number, outcome, connection.encode())

    return send


def has_leaked(plateau: int, end: int) -> bool:
    """Whether memory has grown by more than may be."""
    return end - plateau > LEAK_BYTES
