"""The RPCs of oversight."""

# ruff: noqa: ARG002 (gRPC fixes the parameters)

from dataclasses import dataclass

from anpr.audit.v1 import oversight_pb2 as pb
from anpr.audit.v1 import oversight_pb2_grpc

from services.audit import wire as audit_wire
from services.audit.oversight import wire
from services.audit.oversight.desk import Desk
from services.audit.oversight.flag_store import FlagStore
from services.audit.oversight.references import References
from services.audit.oversight.rules import RULES
from services.audit.oversight.runner import MAX_RANGE, Runner
from services.audit.oversight.samples import Samples
from services.audit.oversight.statistics import Statistics
from services.common import calls
from services.common.errors import Invalid


@dataclass(frozen=True, slots=True)
class Parts:
    """What oversight is made of."""

    flags: FlagStore
    runner: Runner
    desk: Desk
    references: References
    samples: Samples
    statistics: Statistics


class OversightServicer(oversight_pb2_grpc.OversightServiceServicer):
    """Oversight over gRPC."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def ListRules(self, request: pb.ListRulesRequest, context: object) -> pb.ListRulesResponse:
        return wire.encode_rules(RULES, await self._parts.desk.precision(), await self._parts.flags.position())

    async def RunRules(self, request: pb.RunRulesRequest, context: object) -> pb.RunRulesResponse:
        by = wire.decode_by(calls.of(context), request.access)
        if request.HasField("first") != request.HasField("last"):
            raise Invalid("a range has a first and a last index", field="first")
        if request.HasField("first"):
            return wire.encode_run(await self._parts.runner.again(by, request.first, request.last))
        return wire.encode_run(await self._parts.runner.step(by, MAX_RANGE))

    async def ListFlags(self, request: pb.ListFlagsRequest, context: object) -> pb.ListFlagsResponse:
        by, search = wire.decode_by(calls.of(context), request.access), wire.decode_search(request)
        size = wire.decode_page_size(request.page_size)
        return wire.encode_page(await self._parts.desk.page(by, search, size=size, token=request.page_token))

    async def GetFlag(self, request: pb.GetFlagRequest, context: object) -> pb.GetFlagResponse:
        by, flag_id = wire.decode_by(calls.of(context), request.access), wire.decode_flag_id(request.flag_id)
        return pb.GetFlagResponse(flag=wire.encode_flag(*await self._parts.desk.flag(by, flag_id)))

    async def ReviewFlag(self, request: pb.ReviewFlagRequest, context: object) -> pb.ReviewFlagResponse:
        by, flag_id = wire.decode_by(calls.of(context), request.access), wire.decode_flag_id(request.flag_id)
        verdict, seen = wire.decode_state(request.verdict, "verdict"), wire.decode_state(request.seen, "seen")
        reason = wire.decode_reason(request.reason, "reason")
        decided = await self._parts.desk.decide(by, flag_id, verdict, reason, seen=seen)
        return pb.ReviewFlagResponse(flag=wire.encode_flag(*decided))

    async def ImportReference(self, request: pb.ImportReferenceRequest, context: object) -> pb.ImportReferenceResponse:
        by, kind = wire.decode_by(calls.of(context), request.access), wire.decode_kind(request.kind)
        digest, valid_from_ms = wire.decode_digest(request.sha256), wire.decode_moment(request)
        return wire.encode_import(
            await self._parts.references.take(by, kind, request.csv, digest, valid_from_ms, adds=request.adds)
        )

    async def DrawSample(self, request: pb.DrawSampleRequest, context: object) -> pb.DrawSampleResponse:
        by = wire.decode_by(calls.of(context), request.access)
        return wire.encode_draw(*await self._parts.samples.draw(by, request.week))

    async def ListSamples(self, request: pb.ListSamplesRequest, context: object) -> pb.ListSamplesResponse:
        by, days = wire.decode_by(calls.of(context), request.access), wire.decode_days(request.overdue_days)
        listed = await self._parts.samples.listed(by, request.week, overdue_days=days, only_open=request.only_open)
        return pb.ListSamplesResponse(samples=[wire.encode_sample(one) for one in listed])

    async def JustifySample(self, request: pb.JustifySampleRequest, context: object) -> pb.JustifySampleResponse:
        by, index = (
            wire.decode_by(calls.of(context), request.access),
            audit_wire.decode_position(request.index, "index"),
        )
        justification = wire.decode_reason(request.justification, "justification")
        return pb.JustifySampleResponse(index=await self._parts.samples.justify(by, request.week, index, justification))

    async def GetStatistics(self, request: pb.GetStatisticsRequest, context: object) -> pb.GetStatisticsResponse:
        months = await self._parts.statistics.months(request.first_month, request.last_month)
        return pb.GetStatisticsResponse(months=[wire.encode_month(month) for month in months])
