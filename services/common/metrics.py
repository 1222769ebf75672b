"""What every service measures; what only one does is in its own metrics.py. docs/metrics.md lists all of them.

A label takes its values from a closed set: the RPCs of the contract, gRPC codes, ErrorReason, names that stand in this code.
Nothing that a caller can choose becomes one: no path, no plate, no person, no case, no camera.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata

from prometheus_client import Counter, Gauge, Histogram, Info, disable_created_metrics

from services.common.access import Rule
from services.common.errors import Refusal

disable_created_metrics()  # type: ignore[no-untyped-call]

# From a call that touches nothing to one that runs into its deadline.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

BUILD = Info("anpr_build", "Which program this is.")
RPC_STARTED = Counter("anpr_rpc_started", "Calls that came to the door.", ["rpc"])
RPC_ENDED = Counter("anpr_rpc_ended", "Calls that ended, by gRPC code.", ["rpc", "code"])
RPC_SECONDS = Histogram("anpr_rpc_seconds", "How long calls with one response took.", ["rpc"], buckets=SECONDS)
RPC_AT_WORK = Gauge("anpr_rpc_at_work", "Calls with one response that are at work.", ["rpc"])
RPC_STREAMS = Gauge("anpr_rpc_streams_open", "Calls with a stream of responses that are open.", ["rpc"])
RPC_UNKNOWN = Counter("anpr_rpc_unknown", "Calls of methods that this server does not have.")
REFUSED = Counter("anpr_refusals", "Calls that were refused, by ErrorReason.", ["rpc", "reason"])
LEDGER_APPENDS = Counter("anpr_ledger_appends", "Entries of audited calls, by kind and result.", ["kind", "result"])
LEDGER_SECONDS = Histogram("anpr_ledger_seconds", "How long the log took to confirm one.", ["kind"], buckets=SECONDS)
RECEIPTS_LOST = Counter("anpr_receipts_lost", "Receipts of the log that could not be kept for lack of room.")
SERVING = Gauge("anpr_health_serving", "1 when the health of this gRPC service is SERVING.", ["grpc_service"])
LAG_SECONDS = Histogram("anpr_event_loop_lag_seconds", "How late the event loop wakes what sleeps.", buckets=SECONDS)


def build(service: str) -> None:
    """Says which program this is."""
    try:
        version = metadata.version("anpr-suite")
    except metadata.PackageNotFoundError:  # run from a tree that is not installed
        version = "unknown"
    BUILD.info({"service": service, "version": version})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: a gRPC code, and an ErrorReason when it was refused."""

    code: str
    reason: str = ""


OK, CANCELLED = Outcome("OK"), Outcome("CANCELLED")


def refused(refusal: Refusal) -> Outcome:
    """The outcome of a call that ends with this refusal."""
    return Outcome(refusal.code.name, refusal.reason)


class Meter:
    """Counts the calls of one RPC. Its children are looked up once: this is on every call's way."""

    def __init__(self, rpc: str, *, streams: bool = False) -> None:
        self.rpc = rpc
        self._started = RPC_STARTED.labels(rpc)
        self._ended_ok = RPC_ENDED.labels(rpc, OK.code)
        self._seconds = None if streams else RPC_SECONDS.labels(rpc)
        self._open = (RPC_STREAMS if streams else RPC_AT_WORK).labels(rpc)

    def begin(self) -> None:
        """A call came."""
        self._started.inc()
        self._open.inc()

    def end(self, outcome: Outcome, seconds: float) -> None:
        """It ended."""
        self._open.dec()
        if self._seconds is not None:
            self._seconds.observe(seconds)
        if outcome == OK:
            self._ended_ok.inc()
        else:
            RPC_ENDED.labels(self.rpc, outcome.code).inc()
        if outcome.reason:
            REFUSED.labels(self.rpc, outcome.reason).inc()


def meters(rules: Mapping[str, Rule]) -> dict[str, Meter]:
    """One for each path of the contract, made at once: what was never called shows as 0."""
    return {path: Meter(rule.rpc, streams=rule.streams) for path, rule in rules.items()}


@contextmanager
def ledger(kind: str) -> Iterator[None]:
    """Measures one append to the log, of an entry of this kind."""
    began, result = time.monotonic(), "failed"
    try:
        yield
        result = "durable"
    finally:
        LEDGER_SECONDS.labels(kind).observe(time.monotonic() - began)
        LEDGER_APPENDS.labels(kind, result).inc()
