"""A running suite with something to find in it, and each audited RPC's own door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from anpr.audit.v1 import audit_pb2, erasure_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from services.audit.remote import RemoteLog
from services.local import instance, supervisor
from services.local.desk import AUDITOR, Desk
from services.local.options import Options
from services.local.supervisor import Suite
from services.simulator import command
from tests.fail_closed import of_the_log, questions
from tests.fail_closed.asking import Question
from tests.fail_closed.contract import AUDITED
from tests.fail_closed.facts import HOTLIST, PLATE, Facts

ORDERS, INDEX = 16, 30
RECONNECT = (("grpc.min_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500))


@dataclass(frozen=True, slots=True)
class Town:
    """A suite. doors: for each path the service itself, or the gateway where no service offers it; offered: by some service."""

    suite: Suite
    gateway: grpc.aio.Channel
    desk: Desk
    facts: Facts
    doors: dict[str, grpc.aio.Channel]
    homes: dict[str, str]

    def at_gateway(self) -> dict[str, grpc.aio.Channel]:
        return dict.fromkeys(AUDITED, self.gateway)

    def questions(self) -> dict[str, Question]:
        return questions.all_of(self.facts)

    def is_of_audit(self, path: str) -> bool:
        """Whether it is offered by the process that writes the log itself."""
        return self.homes.get(path) == "audit"

    async def indexes(self, rpc: str, kind: audit_pb2.EntryKind) -> int:
        """How many entries of a kind the log has of an RPC."""
        return len((await self.desk.search_log(rpc=rpc, kind=kind)).entries)


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[Town]:
    """The suite in a data directory, with passages, a hotlist and alerts."""
    async with AsyncExitStack() as stack:
        suite = await stack.enter_async_context(supervisor.running(data, Options(engine="standin")))
        found = suite.instance
        gateway = await stack.enter_async_context(grpc.aio.insecure_channel(found.gateway, options=RECONNECT))
        desk = Desk(gateway)
        await desk.reach()
        facts = await _fill(desk, found.gateway)
        channels = {
            name: await stack.enter_async_context(grpc.aio.insecure_channel(found.address(name), options=RECONNECT))
            for name in instance.SERVICES
        }
        homes = _homes(suite)
        doors = {path: channels[homes[path]] if path in homes else gateway for path in AUDITED}
        yield Town(suite, gateway, desk, facts, doors, homes)


async def _fill(desk: Desk, gateway: str) -> Facts:
    watch = desk.watch()
    begin = (await anext(watch)).resume_token
    await desk.want(HOTLIST, PLATE)
    await pass_by(gateway, "first")
    alerts = (await anext(watch)).alerts
    await watch.aclose()  # type: ignore[attr-defined]
    found = await desk.look_up(PLATE)
    orders, hold = await _order(desk.channel), await _hold(desk.channel)
    await _published(desk.channel, INDEX)
    return Facts(
        read_id=found.sightings[0].read.read_id,
        alert_id=alerts[0].alert_id,
        begin=begin,
        orders=orders,
        hold=hold,
        index=INDEX,
    )


async def _order(channel: grpc.aio.Channel) -> tuple[str, ...]:
    """Orders to erase one entry each, proposed and not approved."""
    stub = erasure_pb2_grpc.ErasureServiceStub(channel)
    ask = [stub.ProposeErasure(of_the_log.erasure(index), metadata=AUDITOR.metadata()) for index in range(ORDERS)]
    return tuple([(await answer).order.order_id for answer in ask])


async def _published(channel: grpc.aio.Channel, index: int) -> None:
    """Returns when the entry is under a published head."""
    log = RemoteLog(channel, AUDITOR.metadata())
    async with asyncio.timeout(30):
        while not await log.heads(index):
            await asyncio.sleep(0.2)


async def _hold(channel: grpc.aio.Channel) -> int:
    stub = erasure_pb2_grpc.ErasureServiceStub(channel)
    return (await stub.PlaceHold(of_the_log.hold(), metadata=AUDITOR.metadata())).hold.number


async def pass_by(gateway: str, run: str) -> None:
    """A few passages, the wanted vehicle among them."""
    await command.simulate(gateway, cameras=1, frames=6, rate=10.0, seed=1, run=run, plant=(PLATE,), marker=True)


def _homes(suite: Suite) -> dict[str, str]:
    """Which process offers an RPC, as the processes say themselves."""
    homes = {}
    for name in instance.SERVICES:
        with grpc.insecure_channel(suite.instance.address(name)) as channel:
            offered = set(ProtoReflectionDescriptorDatabase(channel).get_services())
        homes.update({path: name for path in AUDITED if path.split("/")[1] in offered})
    return homes
