"""The RPCs of erasure."""

# ruff: noqa: ARG002 (gRPC fixes the parameters)

from dataclasses import dataclass

from anpr.audit.v1 import erasure_pb2 as pb
from anpr.audit.v1 import erasure_pb2_grpc

from services.audit.erasure import wire
from services.audit.erasure.holds import Holds
from services.audit.erasure.order import Kind
from services.audit.erasure.orders import Orders
from services.audit.erasure.retention import Retention
from services.audit.oversight.wire import decode_by
from services.common import calls


@dataclass(frozen=True, slots=True)
class Parts:
    """What erasure is made of."""

    orders: Orders
    holds: Holds
    retention: Retention


class ErasureServicer(erasure_pb2_grpc.ErasureServiceServicer):
    """Erasure over gRPC. What was begun is finished when the caller hangs up: `Finisher` goes on."""

    def __init__(self, parts: Parts) -> None:
        self._orders, self._holds, self._retention = parts.orders, parts.holds, parts.retention

    async def ProposeErasure(self, request: pb.ProposeErasureRequest, context: object) -> pb.ProposeErasureResponse:
        by, (indexes, entry_ids) = decode_by(calls.of(context), request.access), wire.decode_targets(request)
        ground = wire.decode_ground(request.order_reference, request.ground)
        order = await self._orders.propose_erasure(by, indexes, entry_ids, ground)
        return pb.ProposeErasureResponse(order=wire.encode_order(order))

    async def ApproveErasure(self, request: pb.ApproveErasureRequest, context: object) -> pb.ApproveErasureResponse:
        by, order_id = decode_by(calls.of(context), request.access), wire.decode_order_id(request.order_id)
        return pb.ApproveErasureResponse(order=wire.encode_order(await self._orders.approve(by, Kind.ERASE, order_id)))

    async def ListOrders(self, request: pb.ListOrdersRequest, context: object) -> pb.ListOrdersResponse:
        return wire.encode_orders(await self._orders.listed())

    async def PlaceHold(self, request: pb.PlaceHoldRequest, context: object) -> pb.PlaceHoldResponse:
        by, criteria = decode_by(calls.of(context), request.access), wire.decode_criteria(request.criteria)
        ground = wire.decode_ground(request.order_reference, request.ground)
        hold = await self._holds.place(by, criteria, ground.reference, ground.words)
        return pb.PlaceHoldResponse(hold=wire.encode_hold(hold))

    async def ProposeLift(self, request: pb.ProposeLiftRequest, context: object) -> pb.ProposeLiftResponse:
        by = decode_by(calls.of(context), request.access)
        ground = wire.decode_ground(request.order_reference, request.ground)
        return pb.ProposeLiftResponse(
            order=wire.encode_order(await self._orders.propose_lift(by, request.hold, ground))
        )

    async def ApproveLift(self, request: pb.ApproveLiftRequest, context: object) -> pb.ApproveLiftResponse:
        by, order_id = decode_by(calls.of(context), request.access), wire.decode_order_id(request.order_id)
        return pb.ApproveLiftResponse(order=wire.encode_order(await self._orders.approve(by, Kind.LIFT, order_id)))

    async def ListHolds(self, request: pb.ListHoldsRequest, context: object) -> pb.ListHoldsResponse:
        return wire.encode_holds(await self._holds.listed(only_standing=request.only_standing))

    async def RunRetention(self, request: pb.RunRetentionRequest, context: object) -> pb.RunRetentionResponse:
        return wire.encode_report(await self._retention.run(dry=request.dry_run))
