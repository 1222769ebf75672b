"""The audit service over gRPC, against an echo whose messages have the same size: as fast as it goes, and at 1,000 a second."""

from collections.abc import Awaitable, Callable
from functools import partial

from anpr.audit.v1 import audit_pb2 as pb
from anpr.audit.v1 import audit_pb2_grpc

from bench import echo, load
from bench.measure import Side, Tally, interleaved
from bench.row import Bound, Ratio, Row, series
from bench.rows import log_entries
from bench.stand import Stand
from services.common.channels import open_channel

CLIENTS, ROUNDS = 64, 5
RATE, RATE_ROUNDS = 1000, 4
full = partial(load.rate, clients=CLIENTS, seconds=3.0)
at_rate = partial(load.opened, each_s=1 / RATE, seconds=5.0)
OURS, PEER = "audit service", "gRPC echo, same sizes"


async def bench(stand: Stand) -> list[Row]:
    """Needs audit alone."""
    await stand.only("audit")
    roots = stand.pids("audit", "postgres-audit")
    async with open_channel(stand.instance.address("audit")) as channel, echo.running() as server:
        appending = Appending(audit_pb2_grpc.AuditServiceStub(channel).Append)
        call = server.caller(
            request_bytes=pb.AppendRequest(fields=log_entries.pair()[1]).ByteSize(),
            response_bytes=(await appending.append()).ByteSize(),
            metadata=log_entries.METADATA,
        )

        def sides(how: Callable[[load.Call], Awaitable[Tally]]) -> tuple[Side, Side]:
            return Side(OURS, lambda: how(appending.append), roots), Side(PEER, lambda: how(call), (server.pid,))

        return [*await _full(sides(full)), *await _at_rate(sides(at_rate))]


class Appending:
    """Appends an intent, then its outcome, then the next intent."""

    def __init__(self, method: "Callable[..., Awaitable[pb.AppendResponse]]") -> None:
        self._method = method
        self._outcomes: list[pb.EntryFields] = []

    async def append(self) -> pb.AppendResponse:
        """One entry; an outcome where an intent has been answered."""
        if self._outcomes:
            return await self._send(self._outcomes.pop())
        intent, outcome = log_entries.pair()
        answer = await self._send(intent)
        self._outcomes.append(outcome)
        return answer

    async def _send(self, fields: pb.EntryFields) -> pb.AppendResponse:
        return await self._method(pb.AppendRequest(fields=fields), metadata=log_entries.METADATA)


async def _full(sides: tuple[Side, Side]) -> list[Row]:
    ours, bare = await interleaved(sides, rounds=ROUNDS)
    note = "one entry a call; the clients of both are this process, the servers one process each"
    what = f"append over gRPC, {CLIENTS} clients"
    return [Row(what, "calls/s", series(OURS, ours), series(PEER, bare), target=Ratio(0.6), note=note)]


async def _at_rate(sides: tuple[Side, Side]) -> list[Row]:
    ours, bare = await interleaved(sides, rounds=RATE_ROUNDS)
    what = f"append at {RATE:,}/s, open loop"
    note = "counted from when a call was due, so that a queue shows; a refused call counts as one that takes for ever"
    return [
        Row(f"{what}, p50", "ms", series(OURS, ours), series(PEER, bare), lower_is_better=True),
        Row(
            f"{what}, p99",
            "ms",
            series(OURS, ours, 1),
            series(PEER, bare, 1),
            lower_is_better=True,
            target=Bound("<=", 50, "ms"),
            note=note,
        ),
    ]
