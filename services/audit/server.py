"""The RPCs of audit."""

# ruff: noqa: ARG002 (gRPC fixes the parameters)

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from anpr.audit.v1 import audit_pb2 as pb
from anpr.audit.v1 import audit_pb2_grpc

from services.audit import wire
from services.audit.exporter import Exporter
from services.audit.log import Log
from services.audit.proofs import Proofs
from services.audit.release import Heads, Policy
from services.audit.review import Review
from services.audit.wire import Decoded
from services.common import calls
from services.common.note import VerifierKey


class AuditServicer(audit_pb2_grpc.AuditServiceServicer):
    """The log over gRPC. keys: verifier keys of checkpoints and of receipts."""

    def __init__(  # noqa: PLR0917 - one part for each kind of RPC
        self,
        log: Log,
        review: Review,
        proofs: Proofs,
        heads: Heads,
        policy: Policy,
        exporter: Exporter,
        *,
        log_key: VerifierKey,
        receipt_key: VerifierKey,
    ) -> None:
        self._log, self._review, self._proofs = log, review, proofs
        self._heads, self._policy, self._exporter = heads, policy, exporter
        self._log_key, self._receipt_key = log_key.encode(), receipt_key.encode()

    async def Append(self, request: pb.AppendRequest, context: object) -> pb.AppendResponse:
        (entry,) = wire.decode_entries([request.fields], calls.of(context).caller.system)
        (appended,) = await self._log.append([entry])
        return wire.encode_appended(appended, self._policy.of(entry))

    async def AppendBatch(self, request: pb.AppendBatchRequest, context: object) -> pb.AppendBatchResponse:
        system = calls.of(context).caller.system
        if request.each_alone:
            return await self._append_each(wire.decode_each(request.fields, system))
        entries = wire.decode_entries(request.fields, system)
        appended = await self._log.append(entries)
        return wire.encode_batch(appended, [self._policy.of(entry) for entry in entries])

    async def _append_each(self, decoded: Sequence[Decoded]) -> pb.AppendBatchResponse:
        entries = [one.entry for one in decoded if one.entry is not None]
        answers = iter(await self._log.append_each(entries) if entries else ())
        return pb.AppendBatchResponse(
            receipts=[
                wire.encode_refusal(one.refusal)
                if one.entry is None
                else wire.encode_answer(next(answers), self._policy.of(one.entry))
                for one in decoded
            ]
        )

    async def AwaitHead(self, request: pb.AwaitHeadRequest, context: object) -> pb.AwaitHeadResponse:
        index, release = wire.decode_position(request.index, "index"), wire.decode_release(request.release)
        return pb.AwaitHeadResponse(note=await self._heads.until(index, release))

    async def GetEntry(self, request: pb.GetEntryRequest, context: object) -> pb.GetEntryResponse:
        opened = await self._review.entry(wire.decode_position(request.index, "index"))
        return pb.GetEntryResponse(entry=wire.encode_entry(opened))

    async def SearchEntries(self, request: pb.SearchEntriesRequest, context: object) -> pb.SearchEntriesResponse:
        wanted, size = wire.decode_search(request), wire.decode_page_size(request.page_size)
        return wire.encode_page(await self._review.search(wanted, page_size=size, page_token=request.page_token))

    async def ListLeaves(self, request: pb.ListLeavesRequest, context: object) -> pb.ListLeavesResponse:
        first, count = wire.decode_position(request.first, "first"), wire.decode_leaf_count(request.count)
        return pb.ListLeavesResponse(leaves=await self._proofs.leaves(first, count))

    async def GetCheckpoint(self, request: pb.GetCheckpointRequest, context: object) -> pb.GetCheckpointResponse:
        size = wire.decode_position(request.size, "size")
        note = await (self._proofs.published(size) if request.published else self._proofs.checkpoint(size))
        return pb.GetCheckpointResponse(note=note, verifier_key=self._log_key, receipt_verifier_key=self._receipt_key)

    async def ListHeads(self, request: pb.ListHeadsRequest, context: object) -> pb.ListHeadsResponse:
        count = wire.decode_leaf_count(request.count)
        return pb.ListHeadsResponse(notes=await self._proofs.heads(max(request.after_size, -1), count))

    async def GetInclusionProof(
        self, request: pb.GetInclusionProofRequest, context: object
    ) -> pb.GetInclusionProofResponse:
        index, size = wire.decode_position(request.index, "index"), wire.decode_position(request.size, "size")
        return wire.encode_inclusion(await self._proofs.inclusion(index, size))

    async def GetConsistencyProof(
        self, request: pb.GetConsistencyProofRequest, context: object
    ) -> pb.GetConsistencyProofResponse:
        first, second = wire.decode_position(request.first, "first"), wire.decode_position(request.second, "second")
        return wire.encode_consistency(await self._proofs.consistency(first, second))

    async def ExportEntries(
        self, request: pb.ExportEntriesRequest, context: object
    ) -> AsyncGenerator[pb.ExportEntriesResponse, None]:
        call = calls.of(context)
        chunks = self._exporter.export(wire.decode_export(request), call.caller, call.request_id)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield pb.ExportEntriesResponse(chunk=chunk)
