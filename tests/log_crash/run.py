"""One run: the parts up, writers at work, parts killed, all of it settled and counted."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.counting import Row
from tests.chaos.table import say
from tests.log_crash import counting, gathering, plan, stand, writers
from tests.log_crash.counting import Keys
from tests.log_crash.killer import Killer
from tests.log_crash.records import Memory
from tests.log_crash.writers import Door, Writer

WRITERS = 8
WARM = 200  # entries before the first kill


@dataclass(frozen=True, slots=True)
class Wish:
    """What to run: where, from which seed, with how many kills."""

    data: Path
    seed: int
    kills: int


async def run(wish: Wish) -> tuple[Row, ...]:
    """Makes the run and counts. Raises ChaosFailed, or LocalError when the parts cannot be started."""
    memory = Memory()
    async with stand.running(wish.data) as parts:
        killer = Killer(parts, memory)
        opened = writers.doors(parts.place)
        try:
            await _work(wish, killer, opened, memory)
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        finally:
            for door in opened:
                await door.channel.close()
        await killer.settle()
        found = await gathering.gather(parts.place, memory)
    _tell(killer, memory)
    return counting.count(memory, found, Keys(stand.log_key(), stand.receipt_key(), stand.witness_key()))


async def _work(wish: Wish, killer: Killer, opened: list[Door], memory: Memory) -> None:
    """The rounds, while writers write. What they began is known before this ends."""
    closed = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            writer = Writer(opened, memory, Random(f"{wish.seed} writer {number}"))
            group.create_task(writer.write_until(closed))
        group.create_task(writers.look_at_heads(opened, memory, closed))
        while len(memory.promises) < WARM:
            await asyncio.sleep(0.05)
        began = time.monotonic()
        for round_ in plan.rounds(wish.seed, wish.kills):
            await killer.strike(round_)
            await asyncio.sleep(round_.pause_s)
            blows = ", ".join(f"{blow.part} {blow.how.value}" for blow in round_.blows)
            say(f"{time.monotonic() - began:6.1f} s  {killer.kills.total():4} kills  {blows}")
        closed.set()


def _tell(killer: Killer, memory: Memory) -> None:
    say("\nkills: " + ", ".join(f"{part} {count}" for part, count in sorted(killer.kills.items())))
    say("ways: " + ", ".join(f"{how.value} {count}" for how, count in sorted(killer.struck.items())))
    for words, count in sorted(memory.unknown.items()):
        say(f"asked again {count:5} {words}")
    repeated = len(memory.promises) - len({one.id for one in memory.promises})
    say(f"writers: {len(memory.promises)} promises, {repeated} of them repeated, {memory.abandoned} callers went away")
    waits = ", ".join(f"{one.seconds:.2f} s" for one in memory.standstills)
    say(f"others wrote after a holder of the lock was stopped: {waits or 'nobody was'}")
