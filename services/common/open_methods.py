"""Methods that anybody may call: health and reflection. The library serves them, and takes bytes that are no request for a fault
of its own: the caller would be told UNKNOWN, and the words of our parser.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from services.common.errors import TooMuch
from services.common.limit import Limit

OPEN = (
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1alpha.ServerReflection/",
    "/grpc.reflection.v1.ServerReflection/",
)
REQUEST_WITHIN_S = 30.0
MAX_STREAMS = (
    64  # they end when the caller likes, and a server takes a bounded number of calls: the next may ask how it is
)

Handler = Any  # grpc.RpcMethodHandler of any request and response type
Context = Any  # grpc.aio.ServicerContext of any request and response type


def guarded(handler: Handler, streams: Limit) -> Handler:
    """The method, read by us: what cannot be decoded, or does not come in time, is refused. streams: of all such methods."""

    async def answer(_: object, context: Context) -> Any:
        request = await _next(context)
        try:
            return await handler.unary_unary(request, context)
        except NotImplementedError:  # the contract of health has a List, this library does not
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no such method")

    async def watch(_: object, context: Context) -> None:
        async with _held(streams, context):
            await handler.unary_stream(await _next(context), context)

    async def converse(_: object, context: Context) -> AsyncIterator[Any]:
        async with _held(streams, context):
            async for response in handler.stream_stream(_all(context), context):
                yield response

    if handler.request_streaming:
        return _like(grpc.stream_stream_rpc_method_handler, handler, converse)
    if handler.response_streaming:
        return _like(grpc.stream_stream_rpc_method_handler, handler, watch)
    return _like(grpc.stream_unary_rpc_method_handler, handler, answer)


def _like(make: Any, handler: Handler, behaviour: Any) -> Handler:
    return make(
        behaviour,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )


@asynccontextmanager
async def _held(streams: Limit, context: Context) -> AsyncIterator[None]:
    with ExitStack() as place:
        try:
            place.enter_context(streams.held())
        except TooMuch as refusal:
            await context.abort(refusal.code, refusal.words)
        yield


async def _next(context: Context) -> Any:
    request = await _read(context)
    if request is grpc.aio.EOF:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the stream of requests is empty")
    return request


async def _all(context: Context) -> AsyncIterator[Any]:
    while (request := await _read(context)) is not grpc.aio.EOF:
        yield request


async def _read(context: Context) -> Any:
    try:
        async with asyncio.timeout(REQUEST_WITHIN_S):
            return await context.read()
    except DecodeError:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the request cannot be decoded")
    except TimeoutError:
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "the request did not come in time")
