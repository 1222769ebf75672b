"""The audit log over gRPC, as the ledger of an audited service."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
import structlog
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc

from services.common import receipts, trace
from services.common.caller import Caller
from services.common.errors import AuditUnavailable
from services.common.ledger import Promise
from services.common.note import VerifierKey

log = structlog.get_logger()

# CANCELLED is what a log says that is being stopped at that moment.
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
MAX_BATCH = 32
MAX_BATCH_BYTES = 1024 * 1024
MAX_AT_ONCE = 4  # batches on their way: one is being written while the next gathers
WITNESSED_WITHIN_S = 30.0
DURABLE = (audit_pb2.RELEASE_UNSPECIFIED, audit_pb2.RELEASE_DURABLE)

Answer = audit_pb2.AppendResponse
Keep = Callable[[audit_pb2.EntryFields, Promise], None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    fields: audit_pb2.EntryFields
    size_bytes: int
    is_repeated: bool
    answer: "asyncio.Future[Answer]"


class AuditClient:
    """Appends through AuditService. Whatever goes wrong, or takes over `deadline_s` in all, is AuditUnavailable.

    Entries of calls that run side by side travel together: while two batches are on their way, the next gathers. Who writes alone
    never waits. One retry with the same id: the log answers a repeated entry with the index it has, so an unknown outcome becomes
    a known one. keys: of receipts; a promise that none of them signed is none. keep: told each promise that holds.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        caller: Caller,
        keys: Sequence[VerifierKey],
        *,
        deadline_s: float = 2.0,
        keep: Keep = lambda _fields, _promise: None,
    ) -> None:
        stub = audit_pb2_grpc.AuditServiceStub(channel)
        self._append, self._await_head = stub.AppendBatch, stub.AwaitHead
        self._metadata = caller.metadata()
        self._keys, self._deadline_s, self._keep = keys, deadline_s, keep
        self._waiting: deque[_Waiting] = deque()
        self._on_their_way: set[asyncio.Task[None]] = set()

    async def append(self, fields: audit_pb2.EntryFields) -> Promise:
        """See `Ledger.append`."""
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._append_twice(fields)
            if answer.release not in DURABLE:
                await self._released(answer)
        except (grpc.aio.AioRpcError, TimeoutError) as cause:
            log.warning("audit.append_failed", code=_code(cause))
            raise AuditUnavailable("the audit log did not confirm the entry") from cause
        promise = Promise(index=answer.index, note=answer.note)
        self._keep(fields, promise)
        return promise

    async def _append_twice(self, fields: audit_pb2.EntryFields) -> Answer:
        try:
            return await self._append_once(fields)
        except grpc.aio.AioRpcError as failure:
            if failure.code() not in PASSING:
                raise
        # A log that was just started again may be a moment away: the second attempt waits for it.
        return await self._append_once(fields, again=True)

    async def _append_once(self, fields: audit_pb2.EntryFields, *, again: bool = False) -> Answer:
        waiting = _Waiting(fields, fields.ByteSize(), again, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._send()
        answer = await waiting.answer
        if answer.refusal:
            log.warning("audit.append_refused", reason=answer.refusal)
            raise AuditUnavailable("the audit log did not take the entry")
        receipts.verify(fields, answer, self._keys)
        return answer

    def _send(self) -> None:
        while self._waiting and len(self._on_their_way) < MAX_AT_ONCE:
            task = asyncio.create_task(self._exchange(self._take()))
            self._on_their_way.add(task)
            task.add_done_callback(self._arrived)

    def _arrived(self, task: "asyncio.Task[None]") -> None:
        self._on_their_way.discard(task)
        self._send()

    def _take(self) -> list[_Waiting]:
        batch, size = [self._waiting.popleft()], 0
        while self._waiting and len(batch) < MAX_BATCH:
            size += self._waiting[0].size_bytes
            if size > MAX_BATCH_BYTES:
                break
            batch.append(self._waiting.popleft())
        return [waiting for waiting in batch if not waiting.answer.done()]

    async def _exchange(self, batch: Sequence[_Waiting]) -> None:
        """Sends a batch and gives each who waits his answer, or what went wrong."""
        if not batch:
            return
        request = audit_pb2.AppendBatchRequest(fields=[waiting.fields for waiting in batch], each_alone=True)
        wait = any(waiting.is_repeated for waiting in batch)
        try:
            answer = await self._append(
                request, timeout=self._deadline_s / 2, metadata=self._metadata + trace.metadata(), wait_for_ready=wait
            )
        except grpc.aio.AioRpcError as failure:
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(failure)
            return
        nothing = [Answer()] * (len(batch) - len(answer.receipts))
        for waiting, one in zip(batch, [*answer.receipts, *nothing], strict=False):
            if not waiting.answer.done():
                waiting.answer.set_result(one)

    async def _released(self, answer: Answer) -> None:
        """Returns when the log's condition for giving the result away is met."""
        request = audit_pb2.AwaitHeadRequest(index=answer.index, release=answer.release)
        await self._await_head(
            request, timeout=WITNESSED_WITHIN_S, metadata=self._metadata + trace.metadata(), wait_for_ready=False
        )


def _code(cause: grpc.aio.AioRpcError | TimeoutError) -> str:
    return cause.code().name if isinstance(cause, grpc.aio.AioRpcError) else "DEADLINE_EXCEEDED"
