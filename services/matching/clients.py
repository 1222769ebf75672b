"""Audit, as far as matching asks it anything itself: entries are written by the door."""

import grpc
from anpr.audit.v1 import audit_pb2
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from services.common.errors import AuditUnavailable

DEADLINE_S = 1.0
NAME = audit_pb2.DESCRIPTOR.services_by_name["AuditService"].full_name


class AuditHealth:
    """Whether the log takes entries."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._check: grpc.aio.UnaryUnaryMultiCallable[HealthCheckRequest, HealthCheckResponse] = channel.unary_unary(
            "/grpc.health.v1.Health/Check", HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
        )

    async def verify_serving(self) -> None:
        """Raises AuditUnavailable unless the log says that it serves."""
        try:
            answer = await self._check(HealthCheckRequest(service=NAME), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as cause:
            raise AuditUnavailable("the audit log does not answer") from cause
        if answer.status != HealthCheckResponse.SERVING:
            raise AuditUnavailable("the audit log does not serve")
