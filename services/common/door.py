"""The one interceptor of every server: who calls, may he, and what leaves.

Order for each call: trace id, caller, role against the RPC's declared rule, then the method, and for an audited RPC the
entries around it (services.common.audited). Refusals become gRPC status with ErrorInfo; anything else becomes INTERNAL with
the trace id, and its cause goes to the log once. A path without a rule is not answered, health and reflection excepted.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import grpc
import structlog

from services.common import audited, caller, refusals, trace
from services.common.access import Rule
from services.common.caller import Caller
from services.common.calls import Call
from services.common.errors import Denied, Invalid, NotBuilt, Refusal
from services.common.ledger import Ledger

log = structlog.get_logger()
OPEN = (
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1alpha.ServerReflection/",
    "/grpc.reflection.v1.ServerReflection/",
)

Context = Any  # grpc.aio.ServicerContext of any request and response type
Handler = Any  # grpc.RpcMethodHandler of any request and response type


class InternalFault(Refusal):
    """A fault of ours."""

    code = grpc.StatusCode.INTERNAL
    reason = "INTERNAL"


class Door(grpc.aio.ServerInterceptor):
    """Lets calls in by the rules of this server's RPCs. With `ledger` None no RPC of it may be an audited one."""

    def __init__(self, system: str, rules: Mapping[str, Rule], ledger: Ledger | None) -> None:
        self._system, self._rules, self._ledger = system, rules, ledger

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]], details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wraps the method behind a path."""
        handler = await continuation(details)
        if handler is None or details.method.startswith(OPEN):
            return handler
        rule = self._rules.get(details.method)
        if handler.request_streaming and handler.response_streaming:
            return _handler(grpc.stream_stream_rpc_method_handler, handler, self._stream_stream(rule, handler))
        if handler.request_streaming:
            return _handler(grpc.stream_unary_rpc_method_handler, handler, self._stream_unary(rule, handler))
        if handler.response_streaming:
            return _handler(grpc.unary_stream_rpc_method_handler, handler, self._unary_stream(rule, handler))
        return _handler(grpc.unary_unary_rpc_method_handler, handler, self._unary_unary(rule, handler))

    def _unary_unary(self, rule: Rule | None, handler: Handler) -> Callable[[Any, Context], Awaitable[Any]]:
        async def answer(request: Any, context: Context) -> Any:
            async with _translated(context):
                who, rule_ = await self._admit(rule, context, request)
                if not rule_.audited:
                    return await handler.unary_unary(request, Call(who))
                return await audited.answer(self._disclosure(rule_, who, request), handler.unary_unary, request)

        return answer

    def _stream_unary(self, rule: Rule | None, handler: Handler) -> Callable[[Any, Context], Awaitable[Any]]:
        async def answer(requests: AsyncIterator[Any], context: Context) -> Any:
            async with _translated(context):
                first = await _first(requests)
                who, rule_ = await self._admit(rule, context, first)
                if not rule_.audited:
                    return await handler.stream_unary(_chain(first, requests), Call(who))
                disclosure = self._disclosure(rule_, who, first)
                return await audited.answer(
                    disclosure, lambda head, call: handler.stream_unary(_chain(head, requests), call), first
                )

        return answer

    def _unary_stream(self, rule: Rule | None, handler: Handler) -> Callable[[Any, Context], AsyncIterator[Any]]:
        async def answer(request: Any, context: Context) -> AsyncIterator[Any]:
            async with _translated(context):
                who, rule_ = await self._admit(rule, context, request)
                if rule_.audited:
                    responses = audited.stream(self._disclosure(rule_, who, request), handler.unary_stream, request)
                else:
                    responses = handler.unary_stream(request, Call(who))
                async with aclosing(responses):
                    async for response in responses:
                        yield response

        return answer

    def _stream_stream(self, rule: Rule | None, handler: Handler) -> Callable[[Any, Context], AsyncIterator[Any]]:
        async def answer(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            async with _translated(context):
                who, rule_ = await self._admit(rule, context, None)
                if rule_.audited:
                    raise NotBuilt("an audited stream in both directions is not supported")
                async with aclosing(handler.stream_stream(requests, Call(who))) as responses:
                    async for response in responses:
                        yield response

        return answer

    async def _admit(self, rule: Rule | None, context: Context, request: Any) -> tuple[Caller, Rule]:
        """The caller, when one of his roles may call. A refusal of an audited RPC is an entry."""
        metadata = context.invocation_metadata()
        trace.begin(metadata)
        who = caller.from_metadata(metadata)
        if rule is None:
            raise NotBuilt("no such method")
        if who.roles.isdisjoint(rule.roles):
            refusal = Denied("none of the caller's roles may do this")
            if rule.audited and request is not None:
                await self._disclosure(rule, who, request).deny(refusal)
            raise refusal
        return who, rule

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


async def _first(requests: AsyncIterator[Any]) -> Any:
    async for request in requests:
        return request
    raise Invalid("the stream of requests is empty")


async def _chain(first: Any, rest: AsyncIterator[Any]) -> AsyncIterator[Any]:
    yield first
    async for request in rest:
        yield request


def _handler(make: Callable[..., Any], inner: Handler, behaviour: Callable[..., Any]) -> Handler:
    return make(
        behaviour,
        request_deserializer=inner.request_deserializer,
        response_serializer=inner.response_serializer,
    )
