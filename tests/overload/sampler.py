"""Looks at the suite once a second while something goes on."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import grpc
import psycopg
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from services.local.errors import EngineFailed
from services.local.instance import SERVICES
from services.local.supervisor import ENGINES, Suite
from tests.overload import processes
from tests.overload.processes import Usage
from tests.overload.samples import Sample
from tests.overload.tally import Tally

PARTS = (*SERVICES, "gateway", *ENGINES)
OBSERVER = "this observer"
SENDER = "senders"
HEALTH_S = 3.0
COUNT = """
SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'read'), count(*) FILTER (WHERE state = 'done')
FROM ingest.frame
"""


class Sampler:
    """`tally` is what senders add to since the last sample; `senders` are their process ids."""

    def __init__(self, suite: Suite, connection: psycopg.AsyncConnection) -> None:
        self._suite, self._connection = suite, connection
        self._channels = {name: grpc.aio.insecure_channel(suite.instance.address(name)) for name in SERVICES}
        self.tally, self.senders = Tally(), dict[str, int]()
        self.samples: list[Sample] = []

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[list[Sample]]:
        """Samples from the beginning to the end of the block."""
        self.samples, self.tally = [], Tally()
        await self._sample()
        task = asyncio.create_task(self._run())
        try:
            yield self.samples
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._sample()

    async def counts(self) -> tuple[int, int, int]:
        """Frames that wait, that are read, that are done."""
        row = await (await self._connection.execute(COUNT)).fetchone()
        if row is None:
            raise AssertionError("a count gave no row")
        waiting, read, done = row
        return waiting, read, done

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close()

    async def _run(self) -> None:
        due_s = time.monotonic()
        while True:
            due_s += 1.0
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            await self._sample()

    async def _sample(self) -> None:
        health = asyncio.gather(*(self._is_serving(name) for name in SERVICES))
        waiting, read, done = await self.counts()
        usage, busy_s = processes.usage(self._roots()), processes.machine_busy_s()
        usage[OBSERVER] = Usage(0, time.process_time())
        at_s = time.monotonic()
        unhealthy = frozenset(name for name, serves in zip(SERVICES, await health, strict=True) if not serves)
        tally, self.tally = self.tally, Tally()  # no step between this and the next can be cancelled
        self.samples.append(Sample(at_s, usage, busy_s, tally, waiting, read, done, unhealthy))

    def _roots(self) -> dict[str, int]:
        roots = dict(self.senders)
        for name in PARTS:
            with suppress(EngineFailed):  # held down at the moment
                roots[name] = self._suite.pid(name)
        return roots

    async def _is_serving(self, name: str) -> bool:
        check: grpc.aio.UnaryUnaryMultiCallable[HealthCheckRequest, HealthCheckResponse] = self._channels[
            name
        ].unary_unary(
            "/grpc.health.v1.Health/Check", HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
        )
        try:
            return (await check(HealthCheckRequest(), timeout=HEALTH_S)).status == HealthCheckResponse.SERVING
        except grpc.aio.AioRpcError:
            return False
