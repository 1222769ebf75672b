"""Refusals on the wire: gRPC status with google.rpc.ErrorInfo, both ways."""

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from services.common.errors import Refusal

DOMAIN = "anpr"
DETAILS = "grpc-status-details-bin"


def encode(refusal: Refusal) -> bytes:
    """google.rpc.Status with ErrorInfo, and RetryInfo where waiting helps."""
    facts = {name: str(value) for name, value in refusal.facts.items()}
    details = [_packed(error_details_pb2.ErrorInfo(reason=refusal.reason, domain=DOMAIN, metadata=facts))]
    if refusal.retry_delay_s is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(int(refusal.retry_delay_s * 1000))
        details.append(_packed(error_details_pb2.RetryInfo(retry_delay=delay)))
    status = status_pb2.Status(code=refusal.code.value[0], message=refusal.words, details=details)
    return bytes(status.SerializeToString())


def reason(error: grpc.aio.AioRpcError) -> str:
    """The ErrorReason that came with a failed call; empty when there is none."""
    info = error_details_pb2.ErrorInfo()
    return info.reason if _unpack(error, info) else ""


def retry_delay_s(error: grpc.aio.AioRpcError) -> float | None:
    """How long the other side asked to wait; None when it did not."""
    info = error_details_pb2.RetryInfo()
    return info.retry_delay.ToTimedelta().total_seconds() if _unpack(error, info) else None


def _packed(detail: error_details_pb2.ErrorInfo | error_details_pb2.RetryInfo) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed


def _unpack(error: grpc.aio.AioRpcError, into: error_details_pb2.ErrorInfo | error_details_pb2.RetryInfo) -> bool:
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS:
            status = status_pb2.Status.FromString(value)
            return any(detail.Unpack(into) for detail in status.details)
    return False
