"""The life of a service process: up, health, drain, down."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.common import access, audited, exposition, metrics
from services.common.door import Door
from services.common.errors import Refusal
from services.common.ledger import Ledger
from services.common.listen import loopback

log = structlog.get_logger()
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

# Envoy's circuit breaker passes on 1,024 requests at most. The rest is for health checks and the services' own calls.
MAX_CALLS = 2048
MAX_CALLS_A_CONNECTION = 512
HANDSHAKE_WITHIN_MS = 10_000  # a connection that says nothing is closed
CHECK_S = 3.0
CONNECTION_AGE_MS = 300_000
SETTLE_S = 3.0
LAG_EVERY_S = 0.25
STOPS = (signal.SIGTERM, signal.SIGINT)

Check = Callable[[], Coroutine[Any, Any, None]]


async def always() -> None:
    """A check that always passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What a process serves.

    name: the service, such as "ingest"; listen: host:port on loopback, port 0 for any; metrics_listen: the same, for the
    measurements over HTTP, empty for none; services: the descriptor of each gRPC service with the check behind its health (a
    check raises a Refusal when the work cannot be done); register: adds the servicers; whole: the check behind the health of the
    process, all of the above when None; ledger: where audited RPCs write, None when there are none; background: endless tasks
    beside the server, whose death ends the process.
    """

    name: str
    listen: str
    services: Mapping[ServiceDescriptor, Check]
    register: Callable[[grpc.aio.Server], None]
    metrics_listen: str = ""
    whole: Check | None = None
    ledger: Ledger | None = None
    background: Sequence[Callable[[], Awaitable[None]]] = field(default=())
    max_message_bytes: int = 4 * 1024 * 1024
    drain_s: float = 0.5
    grace_s: float = 5.0


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
            # Callers ask for our addresses again when they connect again: so they find new replicas. Calls under way go on.
            ("grpc.max_connection_age_ms", CONNECTION_AGE_MS),
            ("grpc.max_concurrent_streams", MAX_CALLS_A_CONNECTION),
            ("grpc.server_handshake_timeout_ms", HANDSHAKE_WITHIN_MS),
            ("grpc.http2.bdp_probe", 0),  # or the windows grow to megabytes, for messages that nobody reads yet
        ],
        maximum_concurrent_rpcs=MAX_CALLS,
    )
    serving.register(server)
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    names = [service.full_name for service in serving.services]
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    loopback(serving.listen)
    return server, server.add_insecure_port(serving.listen), servicer


async def serve(serving: Serving) -> None:
    """Serves until SIGTERM or SIGINT: NOT_SERVING, `drain_s` for callers to notice, `grace_s` for calls to end, out.

    Raises what a background task died of.
    """
    with exposition.exposed(serving.metrics_listen) as metrics_port:
        await _serve(serving, metrics_port)


async def _serve(serving: Serving, metrics_port: int) -> None:
    server, port, servicer = build(serving)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOPS:
        loop.add_signal_handler(number, stop.set)
    # Nothing serves before its first check has passed; the library's own default for the process is SERVING.
    for name in ("", *(service.full_name for service in serving.services)):
        await servicer.set(name, NOT_SERVING)
    metrics.build(serving.name)
    await server.start()
    log.info("serving", port=port, metrics_port=metrics_port)
    tasks = [
        asyncio.create_task(_health(serving, servicer)),
        asyncio.create_task(_lag()),
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
    _ignore_stops(loop)


def _ignore_stops(loop: asyncio.AbstractEventLoop) -> None:
    """The end has begun and is short: whoever asks for it once more must not turn it into a death by signal."""
    for number in STOPS:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


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
                metrics.SERVING.labels(name or "all").set(passes)
                if before.get(name) != passes:
                    log.info("health", service_name=name or "all", serving=passes)
            before = states
            await asyncio.sleep(1.0)
    finally:
        checks.drop()


async def _lag() -> None:
    """Measures how late this loop is: what blocks it delays every call."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        metrics.LAG_SECONDS.observe(max(0.0, loop.time() - due))


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
