"""Methods that anybody may call: health and reflection. The library serves them, and takes bytes that are no request for a fault
of its own: the caller would be told UNKNOWN, and the words of our parser.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from services.common import methods
from services.common.errors import NotBuilt, Refusal, TooMuch
from services.common.limit import Limit
from services.common.methods import Context, Handler, Requests, replaced

OPEN = (
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1alpha.ServerReflection/",
    "/grpc.reflection.v1.ServerReflection/",
)
REQUEST_WITHIN_S = 30.0
# They end when the caller likes, and a server takes a bounded number of calls: the next may ask how it is.
MAX_STREAMS = 64


def guarded(handler: Handler, streams: Limit) -> Handler:
    """The method, read by us: what cannot be decoded, or does not come in time, is refused. streams: of all such methods."""

    async def answer(_: object, context: Context) -> Any:
        async with _ending(context):
            request = await _first(context)
            try:
                return await handler.unary_unary(request, context)
            except NotImplementedError:  # the contract of health has a List, this library does not
                raise NotBuilt("no such method") from None

    async def watch(_: object, context: Context) -> None:
        async with _ending(context):
            with streams.held():
                await handler.unary_stream(await _first(context), context)

    async def converse(_: object, context: Context) -> AsyncIterator[Any]:
        async with _ending(context):
            with streams.held():
                async for response in handler.stream_stream(_all(context), context):
                    yield response

    if handler.request_streaming:
        return replaced(grpc.stream_stream_rpc_method_handler, handler, converse)
    if handler.response_streaming:
        return replaced(grpc.stream_stream_rpc_method_handler, handler, watch)
    return replaced(grpc.stream_unary_rpc_method_handler, handler, answer)


@asynccontextmanager
async def _ending(context: Context) -> AsyncIterator[None]:
    """A refusal inside becomes a gRPC status."""
    try:
        yield
    except Refusal as refusal:
        await context.abort(refusal.code, refusal.words)


async def _first(context: Context) -> Any:
    return methods.verify_any(await _read(context))


async def _all(context: Context) -> Requests:
    while (request := await _read(context)) is not grpc.aio.EOF:
        yield request


async def _read(context: Context) -> Any:
    try:
        async with asyncio.timeout(REQUEST_WITHIN_S):
            return await methods.read(context)
    except TimeoutError:
        raise TooMuch("the request did not come in time") from None
