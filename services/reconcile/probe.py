"""A look-up of a canary by the overseer himself, through the gateway like anybody's: it must show in ledger and log."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import grpc
from anpr.common.v1 import access_pb2
from anpr.matching.v1 import sighting_pb2, sighting_pb2_grpc

from services.common.caller import Caller

DEADLINE_S = 15.0


class ProbeFailed(Exception):
    """The look-up was refused, which shows nothing."""


async def look_up(channel: grpc.aio.Channel, caller: Caller, plate: str, request_id: UUID, case: str) -> None:
    """Looks a plate up under this request id. Raises ProbeFailed."""
    request = sighting_pb2.LookupPlateRequest(
        access=access_pb2.AccessContext(
            purpose=access_pb2.PURPOSE_JUDICIAL_OFFENCE,
            legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
            case_reference=case,
            reason="oversight",
            request_id=str(request_id),
        ),
        plate=plate,
        page_size=1,
    )
    now = datetime.now(UTC)
    getattr(request.window, "from").FromDatetime(now - timedelta(days=1))
    request.window.until.FromDatetime(now)
    try:
        await sighting_pb2_grpc.SightingServiceStub(channel).LookupPlate(
            request, metadata=caller.metadata(), timeout=DEADLINE_S
        )
    except grpc.aio.AioRpcError as refused:
        raise ProbeFailed(refused.code().name) from None
