"""The one interceptor of every server: who calls, may he, and what leaves.

Order for each call: trace id, caller, role against the RPC's declared rule, then the method, and for an audited RPC the
entries around it (services.common.audited). Refusals become gRPC status with ErrorInfo; anything else becomes INTERNAL with
the trace id, and its cause goes to the log once. A path without a rule is not answered, health and reflection excepted.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import grpc
import structlog
from google.protobuf.message import DecodeError

from services.common import audited, caller, refusals, trace
from services.common.access import Rule
from services.common.caller import Caller
from services.common.calls import Call
from services.common.errors import Denied, Invalid, NotBuilt, Refusal, TooMuch
from services.common.ledger import Ledger
from services.common.limit import Limit

log = structlog.get_logger()
OPEN = (
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1alpha.ServerReflection/",
    "/grpc.reflection.v1.ServerReflection/",
)

REQUEST_WITHIN_S = 30.0  # a large frame on a slow line
MAX_AT_WORK = 512  # audited calls, those included whose clients have hung up
MAX_STREAMS = 16  # of one person, from one machine

Context = Any  # grpc.aio.ServicerContext of any request and response type
Handler = Any  # grpc.RpcMethodHandler of any request and response type
Requests = AsyncIterator[Any]


class InternalFault(Refusal):
    """A fault of ours."""

    code = grpc.StatusCode.INTERNAL
    reason = "INTERNAL"


class Door(grpc.aio.ServerInterceptor):
    """Lets calls in by the rules of this server's RPCs. With `ledger` None no RPC of it may be an audited one."""

    def __init__(self, system: str, rules: Mapping[str, Rule], ledger: Ledger | None) -> None:
        self._system, self._rules, self._ledger = system, rules, ledger
        self._work = Limit(MAX_AT_WORK, "too many calls are at work")
        self._streams = Limit(MAX_STREAMS, "too many streams of this person are open")

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]], details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wraps the method behind a path.

        On this side every method takes a stream: so it is the door that waits for the request, and not for ever.
        """
        handler = await continuation(details)
        if handler is None or details.method.startswith(OPEN):
            return handler
        rule = self._rules.get(details.method)
        if handler.request_streaming and handler.response_streaming:
            return _handler(grpc.stream_stream_rpc_method_handler, handler, self._stream_stream(rule, handler))
        if handler.request_streaming:
            return _handler(grpc.stream_unary_rpc_method_handler, handler, self._stream_unary(rule, handler))
        if handler.response_streaming:
            return _handler(grpc.stream_stream_rpc_method_handler, handler, self._unary_stream(rule, handler))
        return _handler(grpc.stream_unary_rpc_method_handler, handler, self._unary_unary(rule, handler))

    def _unary_unary(self, rule: Rule | None, handler: Handler) -> Callable[[Requests, Context], Awaitable[Any]]:
        async def answer(_: Requests, context: Context) -> Any:
            async with _translated(context):
                who, rule_ = self._identify(rule, context)
                request = await _first(context)
                await self._admit(rule_, who, request)
                if not rule_.audited:
                    return await handler.unary_unary(request, Call(who))
                return await audited.undisturbed(self._at_work(rule_, who, request, handler))

        return answer

    async def _at_work(self, rule: Rule, who: Caller, request: Any, handler: Handler) -> Any:
        """Goes on when the client hangs up: an act that was done must not be in the log as one that was not."""
        with self._work.held():
            return await audited.answer(self._disclosure(rule, who, request), handler.unary_unary, request)

    def _stream_unary(self, rule: Rule | None, handler: Handler) -> Callable[[Requests, Context], Awaitable[Any]]:
        async def answer(_: Requests, context: Context) -> Any:
            async with _translated(context):
                who, rule_ = self._identify(rule, context)
                first = await _first(context)
                await self._admit(rule_, who, first)
                if not rule_.audited:
                    return await handler.stream_unary(_chain(first, context), Call(who))
                # Ends when the client hangs up: half an upload must not pass for the whole.
                return await audited.answer(
                    self._disclosure(rule_, who, first),
                    lambda head, call: handler.stream_unary(_chain(head, context), call),
                    first,
                )

        return answer

    def _unary_stream(self, rule: Rule | None, handler: Handler) -> Callable[[Requests, Context], AsyncIterator[Any]]:
        async def answer(_: Requests, context: Context) -> AsyncIterator[Any]:
            async with _translated(context):
                who, rule_ = self._identify(rule, context)
                request = await _first(context)
                await self._admit(rule_, who, request)
                with self._streams.held((who.system, who.person)):
                    if rule_.audited:
                        responses = audited.stream(self._disclosure(rule_, who, request), handler.unary_stream, request)
                    else:
                        responses = handler.unary_stream(request, Call(who))
                    async with aclosing(responses):
                        async for response in responses:
                            yield response

        return answer

    def _stream_stream(self, rule: Rule | None, handler: Handler) -> Callable[[Requests, Context], AsyncIterator[Any]]:
        async def answer(_: Requests, context: Context) -> AsyncIterator[Any]:
            async with _translated(context):
                who, rule_ = self._identify(rule, context)
                await self._admit(rule_, who, None)
                if rule_.audited:
                    raise NotBuilt("an audited stream in both directions is not supported")
                async with aclosing(handler.stream_stream(_rest(context), Call(who))) as responses:
                    async for response in responses:
                        yield response

        return answer

    @staticmethod
    def _identify(rule: Rule | None, context: Context) -> tuple[Caller, Rule]:
        """Who calls, before anything of the request is waited for."""
        metadata = context.invocation_metadata()
        trace.begin(metadata)
        who = caller.from_metadata(metadata)
        if rule is None:
            raise NotBuilt("no such method")
        return who, rule

    async def _admit(self, rule: Rule, who: Caller, request: Any) -> None:
        """Raises Denied unless one of the caller's roles may call. A refusal of an audited RPC is an entry."""
        if who.roles.isdisjoint(rule.roles):
            refusal = Denied("none of the caller's roles may do this")
            if rule.audited and request is not None:
                await self._disclosure(rule, who, request).deny(refusal)
            raise refusal

    def _disclosure(self, rule: Rule, who: Caller, request: Any) -> audited.Disclosure:
        if self._ledger is None:
            raise TypeError(f"{rule.rpc} is audited and this server has no ledger")
        return audited.Disclosure(self._ledger, rule, who, request, self._system)


class _translated:  # noqa: N801 - used as a statement
    """Turns what is raised inside into a gRPC status. The only place that catches everything."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, kind: type[BaseException] | None, cause: BaseException | None, traceback: object) -> None:
        if cause is None or not isinstance(cause, Exception) or isinstance(cause, grpc.aio.AbortError):
            return
        refusal = cause if isinstance(cause, Refusal) else self._internal(cause)
        self._context.set_trailing_metadata(((refusals.DETAILS, refusals.encode(refusal)),))
        await self._context.abort(refusal.code, refusal.words)

    @staticmethod
    def _internal(cause: Exception) -> Refusal:
        log.error("call.failed", exc_info=cause)
        return InternalFault("internal error", trace_id=structlog.contextvars.get_contextvars().get("trace_id", ""))


async def _first(context: Context) -> Any:
    """The first message of the request; for most methods the only one."""
    try:
        async with asyncio.timeout(REQUEST_WITHIN_S):
            request = await _read(context)
    except TimeoutError:
        raise TooMuch("the request did not come in time") from None
    if request is grpc.aio.EOF:
        raise Invalid("the stream of requests is empty")
    return request


async def _rest(context: Context) -> Requests:
    while (request := await _read(context)) is not grpc.aio.EOF:
        yield request


async def _chain(first: Any, context: Context) -> Requests:
    yield first
    async for request in _rest(context):
        yield request


async def _read(context: Context) -> Any:
    try:
        return await context.read()
    except DecodeError:
        raise Invalid("the request cannot be decoded") from None


def _handler(make: Callable[..., Any], inner: Handler, behaviour: Callable[..., Any]) -> Handler:
    return make(
        behaviour,
        request_deserializer=inner.request_deserializer,
        response_serializer=inner.response_serializer,
    )
