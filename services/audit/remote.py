"""A log over gRPC, for those who check it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import grpc
from anpr.audit.v1 import audit_pb2 as pb
from anpr.audit.v1 import audit_pb2_grpc

from services.audit.verify import Published, SourceFailed, SourceRefused, Verification
from services.audit.verify import verify as verify_source
from services.common.caller import Caller

DEADLINE_S = 10.0
REFUSED = {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.DATA_LOSS, grpc.StatusCode.INVALID_ARGUMENT}
Metadata = tuple[tuple[str, str], ...]
Answer = TypeVar("Answer")


class RemoteLog:
    """See `services.audit.verify.Source`."""

    def __init__(self, channel: grpc.aio.Channel, metadata: Metadata) -> None:
        self._stub, self._metadata = audit_pb2_grpc.AuditServiceStub(channel), metadata

    async def checkpoint(self) -> Published:
        """The newest signed head."""
        answer = await self._ask(self._stub.GetCheckpoint, pb.GetCheckpointRequest())
        return Published(answer.note, answer.verifier_key)

    async def heads(self, after: int) -> Sequence[str]:
        """Published heads of sizes above `after`, the smallest first; some at a time."""
        return (await self._ask(self._stub.ListHeads, pb.ListHeadsRequest(after_size=after))).notes

    async def keys(self) -> tuple[str, str]:
        """Verifier keys of checkpoints and of receipts, as the log names them."""
        answer = await self._ask(self._stub.GetCheckpoint, pb.GetCheckpointRequest())
        return answer.verifier_key, answer.receipt_verifier_key

    async def leaves(self, first: int, count: int) -> Sequence[bytes]:
        """Leaves from an index on."""
        return (await self._ask(self._stub.ListLeaves, pb.ListLeavesRequest(first=first, count=count))).leaves

    async def inclusion(self, index: int, size: int) -> Sequence[bytes]:
        """Inclusion proof."""
        request = pb.GetInclusionProofRequest(index=index, size=size)
        return (await self._ask(self._stub.GetInclusionProof, request)).path

    async def consistency(self, first: int, second: int) -> Sequence[bytes]:
        """Consistency proof."""
        request = pb.GetConsistencyProofRequest(first=first, second=second)
        return (await self._ask(self._stub.GetConsistencyProof, request)).path

    async def _ask(self, method: Callable[..., Awaitable[Answer]], request: object) -> Answer:
        try:
            return await method(request, timeout=DEADLINE_S, metadata=self._metadata)
        except grpc.aio.AioRpcError as cause:
            kind = SourceRefused if cause.code() in REFUSED else SourceFailed
            raise kind(f"the log answers {cause.code().name}: {cause.details()}") from cause


async def verify(
    address: str,
    log_key: str | None = None,
    *,
    since: str | None = None,
    caller: Caller | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Verification:
    """Checks the log at host:port; see `services.audit.verify.verify`. `caller`: as whom, an auditor if not given."""
    who = caller or Caller(system="anpr-verify", roles=frozenset({"auditor"}))
    async with grpc.aio.insecure_channel(address) as channel:
        return await verify_source(RemoteLog(channel, who.metadata()), log_key, since=since, progress=progress)
