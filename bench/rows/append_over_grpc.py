"""The audit service over gRPC, against an echo whose messages have the same size: as fast as it goes, and at 1,000 a second.

Once as the services use it, whose calls that run side by side send their entries together and check each receipt; and once with
one entry a call.
"""

from collections.abc import Awaitable, Callable
from functools import partial

import grpc
from anpr.audit.v1 import audit_pb2 as pb
from anpr.audit.v1 import audit_pb2_grpc

from bench import echo, load
from bench.measure import Side, Tally, interleaved
from bench.row import Bound, Ratio, Row, series
from bench.rows import log_entries
from bench.stand import Stand
from services.common import caller, receipts
from services.common.channels import open_channel
from services.common.ledger_client import AuditClient
from services.local import keys

CLIENTS, ROUNDS = 64, 5
RATE, RATE_ROUNDS = 1000, 4
full = partial(load.rate, clients=CLIENTS, seconds=3.0)
at_rate = partial(load.opened, each_s=1 / RATE, seconds=5.0)
OURS, ALONE, PEER = "through the services' client", "one entry a call", "gRPC echo, same sizes"
Append = Callable[[pb.EntryFields], Awaitable[object]]


async def bench(stand: Stand) -> list[Row]:
    """Needs audit alone."""
    await stand.only("audit")
    roots = stand.pids("audit", "postgres-audit")
    verifiers = receipts.parse_keys(keys.receipt_verifier(stand.instance))
    async with open_channel(stand.instance.address("audit")) as channel, echo.running() as server:
        method = audit_pb2_grpc.AuditServiceStub(channel).Append
        client = AuditClient(channel, caller.service(log_entries.SYSTEM), verifiers)
        together, alone = Appending(client.append), Appending(partial(_append, method))
        first = log_entries.pair()[0]
        answer = await _append(method, first)
        call = server.caller(
            request_bytes=pb.AppendRequest(fields=log_entries.pair()[1]).ByteSize(),
            response_bytes=answer.ByteSize(),
            metadata=log_entries.METADATA,
        )

        def sides(how: Callable[[load.Call], Awaitable[Tally]]) -> tuple[Side, ...]:
            return (
                Side(OURS, lambda: how(together.append), roots),
                Side(ALONE, lambda: how(alone.append), roots),
                Side(PEER, lambda: how(call), (server.pid,)),
            )

        return [*await _full(sides(full)), *await _at_rate(sides(at_rate))]


async def _append(
    method: "grpc.aio.UnaryUnaryMultiCallable[pb.AppendRequest, pb.AppendResponse]", fields: pb.EntryFields
) -> pb.AppendResponse:
    return await method(pb.AppendRequest(fields=fields), metadata=log_entries.METADATA)


class Appending:
    """Appends an intent, then its outcome, then the next intent."""

    def __init__(self, method: Append) -> None:
        self._method = method
        self._outcomes: list[pb.EntryFields] = []

    async def append(self) -> object:
        """One entry; an outcome where an intent has been answered."""
        if self._outcomes:
            return await self._method(self._outcomes.pop())
        intent, outcome = log_entries.pair()
        answer = await self._method(intent)
        self._outcomes.append(outcome)
        return answer


async def _full(sides: tuple[Side, ...]) -> list[Row]:
    ours, alone, bare = await interleaved(sides, rounds=ROUNDS)
    what = f"append over gRPC, {CLIENTS} clients"
    note = "the clients of all are this process, the servers one process each; entries of calls side by side travel together"
    return [
        Row(what, "entries/s", series(OURS, ours), series(PEER, bare), target=Ratio(0.6), note=note),
        Row(what, "calls/s", series(ALONE, alone), series(PEER, bare), note="one entry a call"),
    ]


async def _at_rate(sides: tuple[Side, ...]) -> list[Row]:
    ours, alone, bare = await interleaved(sides, rounds=RATE_ROUNDS)
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
        Row(f"{what}, p99", "ms", series(ALONE, alone, 1), series(PEER, bare, 1), lower_is_better=True),
    ]
