"""The audit log over gRPC, as the ledger of an audited service."""

import asyncio

import grpc
import structlog
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc

from services.common import trace
from services.common.caller import Caller
from services.common.errors import AuditUnavailable
from services.common.ledger import Promise

log = structlog.get_logger()

# CANCELLED is what a log says that is being stopped at that moment.
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)


class AuditClient:
    """Appends through AuditService. Whatever goes wrong, or takes over `deadline_s` in all, is AuditUnavailable.

    One retry with the same id: the log answers a repeated entry with the index it has, so an unknown outcome becomes a known one.
    """

    def __init__(self, channel: grpc.aio.Channel, caller: Caller, *, deadline_s: float = 2.0) -> None:
        self._append = audit_pb2_grpc.AuditServiceStub(channel).Append
        self._metadata = caller.metadata()
        self._deadline_s = deadline_s

    async def append(self, fields: audit_pb2.EntryFields) -> Promise:
        """See `Ledger.append`."""
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._append_twice(audit_pb2.AppendRequest(fields=fields))
        except (grpc.aio.AioRpcError, TimeoutError) as cause:
            log.warning("audit.append_failed", code=_code(cause))
            raise AuditUnavailable("the audit log did not confirm the entry") from cause

    async def _append_twice(self, request: audit_pb2.AppendRequest) -> Promise:
        try:
            return await self._append_once(request)
        except grpc.aio.AioRpcError as failure:
            if failure.code() not in PASSING:
                raise
        # A log that was just started again may be a moment away: the second attempt waits for it.
        return await self._append_once(request, wait=True)

    async def _append_once(self, request: audit_pb2.AppendRequest, *, wait: bool = False) -> Promise:
        answer = await self._append(
            request, timeout=self._deadline_s / 2, metadata=self._metadata + trace.metadata(), wait_for_ready=wait
        )
        if not answer.note:
            raise AuditUnavailable("the audit log gave no receipt")
        return Promise(index=answer.index, note=answer.note)


def _code(cause: grpc.aio.AioRpcError | TimeoutError) -> str:
    return cause.code().name if isinstance(cause, grpc.aio.AioRpcError) else "DEADLINE_EXCEEDED"
