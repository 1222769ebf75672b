"""The life of a service process: up, health, drain, down."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import grpc
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.common import access, audited
from services.common.door import Door
from services.common.errors import Refusal
from services.common.ledger import Ledger

log = structlog.get_logger()
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

# Envoy's circuit breaker passes on 1,024 requests at most. The rest is for health checks and the services' own calls.
MAX_CALLS = 2048
CHECK_S = 3.0
SETTLE_S = 3.0

Check = Callable[[], Coroutine[Any, Any, None]]


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
        maximum_concurrent_rpcs=MAX_CALLS,
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
        await audited.settle(SETTLE_S)
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
    own = {"": serving.whole} if serving.whole else {}
    checks = Checks({**{service.full_name: check for service, check in serving.services.items()}, **own})
    before: dict[str, bool] = {}
    try:
        while True:
            states = await checks.passing()
            states.setdefault("", all(states.values()))
            for name, passes in states.items():
                await servicer.set(name, SERVING if passes else NOT_SERVING)
                if before.get(name) != passes:
                    log.info("health", service_name=name or "all", serving=passes)
            before = states
            await asyncio.sleep(1.0)
    finally:
        checks.drop()


class Checks:
    """Checks that may hang, and whose cancelling may hang as well: what they wait for does not answer."""

    def __init__(self, checks: Mapping[str, Check], *, timeout_s: float = CHECK_S) -> None:
        self._checks, self._timeout_s = checks, timeout_s
        self._asked: dict[str, asyncio.Task[None]] = {}

    async def passing(self) -> dict[str, bool]:
        """Whether each passes. One that has not ended in time does not, and is not asked again until it has."""
        for name, check in self._checks.items():
            if name not in self._asked:
                self._asked[name] = asyncio.create_task(check())
        if self._asked:
            await asyncio.wait(self._asked.values(), timeout=self._timeout_s)
        return {name: self._passes(name) for name in self._checks}

    def drop(self) -> None:
        """Waits for none of them any more."""
        for task in self._asked.values():
            task.cancel()

    def _passes(self, name: str) -> bool:
        task = self._asked[name]
        if not task.done():
            task.cancel()
            return False
        del self._asked[name]
        if task.cancelled() or isinstance(task.exception(), (Refusal, TimeoutError)):
            return False
        task.result()
        return True
