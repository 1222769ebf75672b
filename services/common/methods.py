"""Methods as the library runs them, and requests as it hands them out: read by us, one by one."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from services.common.errors import Invalid

Context = Any  # grpc.aio.ServicerContext of any request and response type
Handler = Any  # grpc.RpcMethodHandler of any request and response type
Requests = AsyncIterator[Any]


def replaced(make: Callable[..., Handler], inner: Handler, behaviour: Callable[..., Any]) -> Handler:
    """The method with another behaviour, of the kind that `make` makes."""
    return make(
        behaviour,
        request_deserializer=inner.request_deserializer,
        response_serializer=inner.response_serializer,
    )


async def read(context: Context) -> Any:
    """The next request, or grpc.aio.EOF. Raises Invalid for bytes that are none."""
    try:
        return await context.read()
    except DecodeError:
        raise Invalid("the request cannot be decoded") from None


def verify_any(request: Any) -> Any:
    """The first request, if there is one. Raises Invalid."""
    if request is grpc.aio.EOF:
        raise Invalid("the stream of requests is empty")
    return request
