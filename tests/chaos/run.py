"""One run: the suite up, cameras and people at work, parts killed, all of it settled and counted."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.common.channels import open_channel
from services.local import process, progress_of_frames, supervisor
from services.local.desk import Desk
from services.local.options import Options
from services.local.process import Child
from services.local.supervisor import Suite
from tests.chaos import cameras, counting, gathering, journals, plan, records, table
from tests.chaos.counting import Row
from tests.chaos.killer import ChaosFailed, Killer, Subscriber, beside
from tests.chaos.people import PERSONS, Memory, People
from tests.chaos.records import Found, Remembered

# Short, so that a claim also runs out under a process that is only stopped.
LEASE_S = "4"
HEAD_EVERY_S = 4.0
FIRST_FRAMES_S, CAMERAS_S = 90.0, 180.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast a run goes. frames_a_s: over all cameras; pause: factor on the pauses between rounds; still_s: see `_settle`."""

    frames_a_s: float
    pause: float
    list_every_s: float
    import_every_s: float
    still_s: float


# PaddleOCR takes half a second of a core for each frame. Frames for an engine that reads plates are drawn one by one.
TEMPI = {
    "standin": Tempo(frames_a_s=8.0, pause=1.0, list_every_s=14.0, import_every_s=12.0, still_s=40.0),
    "networks": Tempo(frames_a_s=2.5, pause=2.0, list_every_s=10.0, import_every_s=10.0, still_s=60.0),
    "paddleocr": Tempo(frames_a_s=0.8, pause=8.0, list_every_s=5.0, import_every_s=6.0, still_s=120.0),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What to run: where, from which seed, with how many kills, and with which engine."""

    data: Path
    seed: int
    kills: int
    engine: str

    @property
    def tempo(self) -> Tempo:
        return TEMPI[self.engine]


async def run(wish: Wish) -> tuple[Row, ...]:
    """Makes the run and counts. Raises ChaosFailed, or LocalError when the suite cannot be started."""
    notes = wish.data / "notes"
    notes.mkdir(parents=True)
    options = Options(engine=wish.engine, extra=(("ingest", "ANPR_LEASE_S", LEASE_S),))
    async with (
        supervisor.running(wish.data / "suite", options) as suite,
        open_channel(suite.instance.gateway) as channel,
    ):
        await Desk(channel).reach()
        people, subscriber = People(channel, wish.seed), Subscriber(suite.instance.gateway, notes)
        subscriber.start()
        try:
            await _first_batch(subscriber)
            await people.open()
            killer = Killer(suite, subscriber)
            async with _cameras(wish, suite, notes):
                await _kill(wish, killer, people)
            await killer.settle()
            await Desk(channel).reach()
            await _settle(wish, suite, subscriber)
        finally:
            await subscriber.kill()
        rows = await _count(wish, suite, people.memory, subscriber, notes)
        _tell(killer, people.memory, subscriber)
    return rows


@asynccontextmanager
async def _cameras(wish: Wish, suite: Suite, notes: Path) -> AsyncIterator[None]:
    """Cameras at work; at the end of the block they take no more frames, and each frame finds its end."""
    words = ["-P", "-m", "tests.chaos.cameras", suite.instance.gateway, str(notes)]
    words += ["--seed", str(wish.seed), "--rate", str(wish.tempo.frames_a_s)]
    program = beside("cameras", [*words, *(["--quick"] if wish.engine == "standin" else [])], notes)
    child = process.spawn(program)
    try:
        await _at_work(child, notes)
        yield
        (notes / "stop").touch()
        await _ended(child)
    finally:
        await asyncio.to_thread(process.kill, child)


async def _at_work(child: Child, notes: Path) -> None:
    """Returns when each sender has an acknowledgement: the cameras are registered, and nothing was killed before."""
    deadline = time.monotonic() + FIRST_FRAMES_S
    while len({sent.camera_id.rpartition("-")[0] for sent in records.read_sent(notes)}) < cameras.STREAMS:
        if not child.is_running() or time.monotonic() > deadline:
            raise ChaosFailed(f"the cameras do not come to work: see {child.program.log}")
        await asyncio.sleep(0.2)


async def _ended(child: Child) -> None:
    deadline = time.monotonic() + CAMERAS_S
    while child.is_running():
        if time.monotonic() > deadline:
            raise ChaosFailed("the cameras have frames that nobody acknowledges")
        await asyncio.sleep(0.1)
    if child.popen.returncode:
        raise ChaosFailed(f"the cameras failed: see {child.program.log}")


async def _kill(wish: Wish, killer: Killer, people: People) -> None:
    """The rounds, while people work. What they planned to change is changed before this ends."""
    try:
        await _kill_among(wish, killer, people)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures


async def _kill_among(wish: Wish, killer: Killer, people: People) -> None:
    began = time.monotonic()
    async with asyncio.TaskGroup() as working:
        working.create_task(people.look_up_on())
        working.create_task(people.look_up_on())
        working.create_task(people.look_at_heads_on(HEAD_EVERY_S))
        working.create_task(people.list_on(wish.tempo.list_every_s))
        working.create_task(people.import_on(wish.tempo.import_every_s))
        for round_ in plan.rounds(wish.seed, wish.kills):
            await killer.strike(round_)
            await asyncio.sleep(round_.pause_s * wish.tempo.pause)
            blows = ", ".join(f"{blow.part} {blow.how.value}" for blow in round_.blows)
            table.say(f"{time.monotonic() - began:6.1f} s  {killer.kills.total():4} kills  {blows}")
        people.closed.set()


async def _first_batch(subscriber: Subscriber) -> None:
    """Returns when the watch has begun, before there is any alert."""
    async with asyncio.timeout(30):
        while not records.read_received(subscriber.received).has_begun:
            await asyncio.sleep(0.1)


async def _settle(wish: Wish, suite: Suite, subscriber: Subscriber) -> None:
    """Returns when nothing is left to do, or nothing has been done for a while: then the table says what is missing."""
    before, since = None, time.monotonic()
    while time.monotonic() - since < wish.tempo.still_s:
        frames = await progress_of_frames.count(suite.instance)
        unswept = await asyncio.to_thread(gathering.unswept, suite.instance)
        position = await asyncio.to_thread(gathering.alert_position, suite.instance)
        received = {alert.position for alert in records.read_received(subscriber.received).alerts}
        if frames.done == frames.acknowledged and not unswept and received >= set(range(1, position + 1)):
            return
        now = (frames, unswept, position, len(received))
        if now != before:
            before, since = now, time.monotonic()
        await asyncio.sleep(0.3)


async def _count(wish: Wish, suite: Suite, memory: Memory, subscriber: Subscriber, notes: Path) -> tuple[Row, ...]:
    instance = suite.instance
    received, sent = records.read_received(subscriber.received), records.read_sent(notes)
    remembered = Remembered(
        sent=sent,
        listed=frozenset(memory.listed),
        received=received.alerts,
        answers=(*memory.answers, *received.answers),
        heads=tuple(memory.heads),
        internal_errors=(*memory.faults, *received.faults),
    )
    stored = await asyncio.to_thread(gathering.stored, instance)
    book = await gathering.book(instance, memory.heads)
    promised = [text for one in remembered.answers for text in (one.intent_note, one.outcome_note)]
    found = Found(
        frames=stored.frames,
        results=stored.results,
        sightings=stored.sightings,
        alerts=stored.alerts,
        alert_position=stored.alert_position,
        listed_from=stored.listed_from,
        ledger=stored.ledger,
        entries=book.entries,
        leaves=book.ids,
        broken=book.broken,
        prefixes=book.prefixes,
        kept_promises=gathering.kept_promises(instance, book.leaves, promised),
        evidence=await asyncio.to_thread(gathering.evidence, instance),
        leaks=journals.leaks(instance.logs, _secret_words(sent, wish.seed)),
        faults=journals.faults(instance.logs),
    )
    return counting.count(remembered, found, exact_engine=wish.engine == "standin")


def _secret_words(sent: Sequence[records.Sent], seed: int) -> set[str]:
    return {*PERSONS, *plan.wanted(seed).every, *(text for one in sent for text in one.texts)}


def _tell(killer: Killer, memory: Memory, subscriber: Subscriber) -> None:
    """What was done, and what people were refused meanwhile."""
    table.say("\nkills: " + ", ".join(f"{part} {count}" for part, count in sorted(killer.kills.items())))
    ways: Counter[str] = Counter()
    for (_, how), count in killer.struck.items():
        ways[how.value] += count
    table.say("ways: " + ", ".join(f"{how} {count}" for how, count in sorted(ways.items())))
    for words, count in sorted(memory.refused.items()):
        table.say(f"refused {count:5} {words}")
    received = records.read_received(subscriber.received)
    repeated = len(received.alerts) - len({alert.position for alert in received.alerts})
    table.say(f"subscriber: {len(received.answers)} batches, {repeated} alerts again, {received.refusals} refusals")
