"""The life of a service process: up, health, drain, down."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

import grpc
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.common import access
from services.common.door import Door
from services.common.errors import Refusal
from services.common.ledger import Ledger

log = structlog.get_logger()
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Check = Callable[[], Awaitable[None]]


async def always() -> None:
    """A check that always passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What a process serves.

    name: the service, such as "ingest"; listen: host:port on loopback, port 0 for any; services: the descriptor of each
    gRPC service with the check behind its health (a check raises a Refusal when the work cannot be done); register: adds the
    servicers; whole: the check behind the health of the process, all of the above when None; ledger: where audited RPCs
    write, None when there are none; background: endless tasks beside the server, whose death ends the process.
    """

    name: str
    listen: str
    services: Mapping[ServiceDescriptor, Check]
    register: Callable[[grpc.aio.Server], None]
    whole: Check | None = None
    ledger: Ledger | None = None
    background: Sequence[Callable[[], Awaitable[None]]] = field(default=())
    max_message_bytes: int = 4 * 1024 * 1024
    drain_s: float = 0.5
    grace_s: float = 5.0


class ListenRefused(Exception):
    """The address must not be served as long as callers are not authenticated."""


def build(serving: Serving) -> tuple[grpc.aio.Server, int, health.aio.HealthServicer]:
    """A server that is not started yet, the port it has, and its health. Raises ListenRefused or access.RuleMissing."""
    rules = access.rules(serving.services)
    server = grpc.aio.server(
        interceptors=[Door(serving.name, rules, serving.ledger)],
        options=[
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", serving.max_message_bytes),
            ("grpc.max_send_message_length", serving.max_message_bytes),
            ("grpc.max_metadata_size", 16 * 1024),
            ("grpc.keepalive_time_ms", 30_000),
        ],
        maximum_concurrent_rpcs=1024,
    )
    serving.register(server)
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    names = [service.full_name for service in serving.services]
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    host = serving.listen.rpartition(":")[0].strip("[]")
    if not ip_address(host).is_loopback:
        raise ListenRefused("callers are not authenticated yet: only a loopback address is served")
    return server, server.add_insecure_port(serving.listen), servicer


async def serve(serving: Serving) -> None:
    """Serves until SIGTERM or SIGINT: NOT_SERVING, `drain_s` for callers to notice, `grace_s` for calls to end, out.

    Raises what a background task died of.
    """
    server, port, servicer = build(serving)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Nothing serves before its first check has passed; the library's own default for the process is SERVING.
    for name in ("", *(service.full_name for service in serving.services)):
        await servicer.set(name, NOT_SERVING)
    await server.start()
    log.info("serving", port=port)
    tasks = [
        asyncio.create_task(_health(serving, servicer)),
        *(asyncio.create_task(_run(task)) for task in serving.background),
    ]
    waiting = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        await servicer.enter_graceful_shutdown()
        if waiting in done:
            await asyncio.sleep(serving.drain_s)
        await server.stop(serving.grace_s)
    finally:
        for task in (waiting, *tasks):
            task.cancel()
        await _settle((waiting, *tasks))
    for task in done - {waiting}:
        task.result()
    log.info("stopped")


async def _run(task: Callable[[], Awaitable[None]]) -> None:
    await task()


async def _settle(tasks: Iterable[asyncio.Task[object]]) -> None:
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})


async def _health(serving: Serving, servicer: health.aio.HealthServicer) -> None:
    """Sets the health of each service, and of the process as a whole, every second."""
    before: dict[str, bool] = {}
    while True:
        states = {service.full_name: await _passes(check) for service, check in serving.services.items()}
        states[""] = await _passes(serving.whole) if serving.whole else all(states.values())
        for name, passes in states.items():
            await servicer.set(name, SERVING if passes else NOT_SERVING)
            if before.get(name) != passes:
                log.info("health", service_name=name or "all", serving=passes)
        before = states
        await asyncio.sleep(1.0)


async def _passes(check: Check, *, timeout_s: float = 3.0) -> bool:
    try:
        async with asyncio.timeout(timeout_s):
            await check()
    except (Refusal, TimeoutError):
        return False
    return True
