"""The suite under more than it can take: first its limit, then a multiple of it, then what is left of both."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from services.common.channels import open_channel
from services.local import supervisor
from services.local.options import Options
from services.local.supervisor import Suite
from services.simulator.cameras import hang_cameras
from services.simulator.stream import register_cameras
from tests.overload import ledger, pictures, tally
from tests.overload.ledger import Ages, Count
from tests.overload.sampler import SENDER, Sampler
from tests.overload.samples import Sample
from tests.overload.sender import Order

PICTURES = 24
DRAINED_WITHIN_S = 300.0
FIRST_RATE, GROWTH = 8.0, 1.5
KEPT_UP = 0.93  # of what was offered

Say = Callable[[str], None]


class OverloadFailed(Exception):
    """The run cannot be judged."""


@dataclass(frozen=True, slots=True)
class Plan:
    """seconds, factor: of the overload; trial_s: of each step towards the limit; cameras: streams, over `senders` processes.

    down: a service that is held down for the middle third; frames_waiting: ingest's limit.
    limit: frames a second, when it is known already.
    """

    data: Path
    seconds: float = 300.0
    factor: float = 2.0
    trial_s: float = 10.0
    cameras: int = 40
    senders: int = 1
    down: str = ""
    frames_waiting: int = 300
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A rate, and what came of it. acknowledged, done: a second; behind: frames that waited at the end."""

    rate: float
    acknowledged: float
    done: float
    behind: int

    @property
    def kept_up(self) -> bool:
        return min(self.acknowledged, self.done) >= KEPT_UP * self.rate and self.behind <= max(4.0, self.rate)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run. samples: of the overload alone; drained_s: how long the rest took afterwards."""

    plan: Plan
    limit: float
    trials: tuple[Trial, ...]
    samples: tuple[Sample, ...] = field(repr=False)
    drained_s: float
    counts: tuple[Count, ...]
    ages: Ages


async def run(plan: Plan, say: Say) -> Outcome:
    """Raises OverloadFailed when the suite does not come to rest."""
    plan.data.mkdir(exist_ok=True)
    await asyncio.to_thread(pictures.draw, plan.data / "pictures", PICTURES)
    limits = (("ingest", "ANPR_FRAMES_WAITING", str(plan.frames_waiting)),)
    async with supervisor.running(plan.data / "suite", Options(engine="standin", extra=limits)) as suite:
        async with _sampling(suite) as sampler:
            bench = Bench(plan, suite, sampler, say)
            trials = [] if plan.limit else await bench.find_limit()
            limit = plan.limit or max((trial.done for trial in trials if trial.kept_up), default=0.0)
            if not limit:
                raise OverloadFailed(f"not even {FIRST_RATE:g} frames a second were kept up with")
            say(f"limit: {limit:.1f} frames/s; now {plan.factor:g} times that for {plan.seconds:g} s")
            samples = await bench.overload(plan.factor * limit)
            drained_s = await bench.drain()
            say(f"drained in {drained_s:.0f} s")
        acknowledged = await asyncio.to_thread(ledger.told, sorted(plan.data.glob("*.acknowledged")))
        drawn = pictures.load(plan.data / "pictures")
        counts = await asyncio.to_thread(ledger.audit, suite.instance, acknowledged, drawn)
        ages = await asyncio.to_thread(ledger.ages, suite.instance)
    return Outcome(plan, limit, tuple(trials), tuple(samples), drained_s, tuple(counts), ages)


@asynccontextmanager
async def _sampling(suite: Suite) -> AsyncIterator[Sampler]:
    dsn, password = suite.instance.conninfo("ingest_reader"), suite.instance.password("ingest_reader")
    async with await psycopg.AsyncConnection.connect(dsn, password=password, autocommit=True) as connection:
        sampler = Sampler(suite, connection)
        try:
            yield sampler
        finally:
            await sampler.close()


class Bench:
    """The steps of one run."""

    def __init__(self, plan: Plan, suite: Suite, sampler: Sampler, say: Say) -> None:
        self._plan, self._suite, self._sampler, self._say = plan, suite, sampler, say

    async def find_limit(self) -> list[Trial]:
        """Higher and higher rates until one is not kept up with, then one between the last two."""
        trials = [await self._try(FIRST_RATE)]
        while trials[-1].kept_up:
            trials.append(await self._try(trials[-1].rate * GROWTH))
        if len(trials) > 1:
            trials.append(await self._try((trials[-1].rate + trials[-2].rate) / 2))
        return trials

    async def _try(self, rate: float) -> Trial:
        seconds = self._plan.trial_s
        _, _, before = await self._sampler.counts()
        async with self._sampler.watching() as samples:
            await self._send(f"try-{rate:.0f}", rate, seconds)
        last = samples[-1]
        acknowledged = sum(sample.tally.acknowledged for sample in samples) / seconds
        trial = Trial(rate, acknowledged, (last.done - before) / seconds, last.waiting + last.read)
        self._say(
            f"  {rate:6.1f} frames/s offered: {acknowledged:6.1f} acknowledged, {trial.done:6.1f} done, {trial.behind} behind"
        )
        await self.drain()
        return trial

    async def overload(self, rate: float) -> list[Sample]:
        """Sends, holds down what is to be held down, and returns what was seen meanwhile."""
        async with self._sampler.watching() as samples:
            holding = asyncio.create_task(self._hold_down())
            await self._send("over", rate, self._plan.seconds)
            await holding
        return samples

    async def _hold_down(self) -> None:
        if self._plan.down:
            await asyncio.sleep(self._plan.seconds / 3)
            await self._suite.kill(self._plan.down)
            await asyncio.sleep(self._plan.seconds / 3)
            await self._suite.start(self._plan.down)

    async def drain(self) -> float:
        """Waits until every frame is done. Raises OverloadFailed."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while sum((await self._sampler.counts())[:2]):
            if loop.time() - began > DRAINED_WITHIN_S:
                raise OverloadFailed("frames are left that do not move on")
            await asyncio.sleep(0.2)
        return loop.time() - began

    async def _send(self, run: str, rate: float, seconds: float) -> None:
        share = self._plan.cameras // self._plan.senders
        runs = [f"{run}-{number}" for number in range(self._plan.senders)]
        async with open_channel(self._suite.instance.gateway) as channel:
            for one in runs:
                await register_cameras(channel, hang_cameras(1, share, 100.0, one))
        orders = [
            Order(
                self._suite.instance.gateway,
                one,
                share,
                rate / len(runs),
                seconds,
                str(self._plan.data / "pictures"),
                str(self._plan.data / f"{one}.acknowledged"),
            )
            for one in runs
        ]
        await asyncio.gather(*(self._sender(order) for order in orders))

    async def _sender(self, order: Order) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.overload.sender", order.json(), stdout=asyncio.subprocess.PIPE
        )
        name = f"{SENDER} {order.run}" if self._plan.senders > 1 else SENDER
        self._sampler.senders[name] = process.pid
        try:
            if process.stdout is None:
                raise OverloadFailed("a sender has no output")
            async for line in process.stdout:
                self._sampler.tally.add(tally.parse(line))
            if await process.wait():
                raise OverloadFailed("a sender died")
        finally:
            self._sampler.senders.pop(name)
            if process.returncode is None:
                process.kill()
                await process.wait()
