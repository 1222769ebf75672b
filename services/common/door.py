"""The one interceptor of every server: who calls, may he, and what leaves.

Order for each call: trace id, caller, role against the RPC's declared rule, then the method, and for an audited RPC the
entries around it (services.common.audited). Refusals become gRPC status with ErrorInfo; anything else becomes INTERNAL with
the trace id, and its cause goes to the log once. A path without a rule is not answered, health and reflection excepted.
Each call is measured, and leaves one line in the log when it has ended.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any

import grpc
import structlog

from services.common import audited, caller, methods, metrics, open_methods, refusals, trace
from services.common.access import Rule
from services.common.caller import Caller
from services.common.calls import Call
from services.common.errors import Denied, NotBuilt, Refusal, TooMuch
from services.common.ledger import Ledger
from services.common.limit import Limit, Turns
from services.common.methods import Context, Handler, Requests, replaced
from services.common.metrics import Meter, Outcome

log = structlog.get_logger()

REQUEST_WITHIN_S = 30.0  # a large frame on a slow line
MAX_AT_WORK = 512  # audited calls, those included whose clients have hung up
MAX_AT_WORK_OF_ONE = 64  # of one person: his own wait for the database and the log, and nobody else's
MAX_ARRIVING = 16  # requests of one caller that are being received
MAX_STREAMS = 16  # of one person, from one machine
SLOW_S = 1.0
SERVICE = frozenset({"service"})

Method = Callable[[Any, Call], Awaitable[Any]]


class InternalFault(Refusal):
    """A fault of ours."""

    code = grpc.StatusCode.INTERNAL
    reason = "INTERNAL"


class Door(grpc.aio.ServerInterceptor):
    """Lets calls in by the rules of this server's RPCs. With `ledger` None no RPC of it may be an audited one."""

    def __init__(self, system: str, rules: Mapping[str, Rule], ledger: Ledger | None) -> None:
        self._system, self._rules, self._ledger = system, rules, ledger
        self._meters, self._no_rule = metrics.meters(rules), Meter("none")
        self._work = Limit(MAX_AT_WORK, "too many calls are at work")
        self._own_work = Limit(MAX_AT_WORK_OF_ONE, "too many calls of this person are at work")
        self._arriving = Turns(MAX_ARRIVING)
        self._open_streams = Limit(open_methods.MAX_STREAMS, "too many streams are open")
        self._streams = Limit(MAX_STREAMS, "too many streams of this person are open")

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]], details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wraps the method behind a path.

        On this side every method takes a stream: so it is the door that waits for the request, and not for ever.
        """
        handler = await continuation(details)
        if handler is None:
            metrics.RPC_UNKNOWN.inc()
            return None
        if details.method.startswith(open_methods.OPEN):
            return open_methods.guarded(handler, self._open_streams)
        rule, meter = self._rules.get(details.method), self._meters.get(details.method, self._no_rule)
        if handler.request_streaming and handler.response_streaming:
            return replaced(grpc.stream_stream_rpc_method_handler, handler, self._stream_stream(rule, handler, meter))
        if handler.request_streaming:
            return replaced(grpc.stream_unary_rpc_method_handler, handler, self._stream_unary(rule, handler, meter))
        if handler.response_streaming:
            return replaced(grpc.stream_stream_rpc_method_handler, handler, self._unary_stream(rule, handler, meter))
        return replaced(grpc.stream_unary_rpc_method_handler, handler, self._unary_unary(rule, handler, meter))

    def _unary_unary(
        self, rule: Rule | None, handler: Handler, meter: Meter
    ) -> Callable[[Requests, Context], Awaitable[Any]]:
        async def answer(_: Requests, context: Context) -> Any:
            async with _Ending(context, meter) as ending:
                who, rule_ = self._identify(rule, context, ending)
                request = await self._first(who, context)
                await self._admit(rule_, who, request)
                if not rule_.audited:
                    return await handler.unary_unary(request, Call(who))
                return await audited.undisturbed(self._at_work(rule_, who, request, handler.unary_unary))

        return answer

    async def _at_work(self, rule: Rule, who: Caller, request: Any, method: Method) -> Any:
        """Goes on when the client hangs up: an act that was done must not be in the log as one that was not."""
        with self._work_place(who):
            return await audited.answer(self._disclosure(rule, who, request), method, request)

    async def _deny(self, rule: Rule, who: Caller, request: Any, refusal: Refusal) -> None:
        """Takes a place as well: else who may nothing could still fill the queue of the log."""
        with self._work_place(who):
            await self._disclosure(rule, who, request).deny(refusal)

    @contextmanager
    def _work_place(self, who: Caller) -> Iterator[None]:
        with self._own_work.held((who.system, who.person)), self._work.held():
            yield

    def _stream_unary(
        self, rule: Rule | None, handler: Handler, meter: Meter
    ) -> Callable[[Requests, Context], Awaitable[Any]]:
        async def answer(_: Requests, context: Context) -> Any:
            async with _Ending(context, meter) as ending:
                who, rule_ = self._identify(rule, context, ending)
                first = await self._first(who, context)
                await self._admit(rule_, who, first)
                if not rule_.audited:
                    return await handler.stream_unary(_chain(first, context), Call(who))
                # Ends when the client hangs up, up to the last message: half an upload must not pass for the whole.
                end = asyncio.Event()
                requests = _chain(first, context, end)
                work = self._at_work(rule_, who, first, lambda _, call: handler.stream_unary(requests, call))
                return await audited.undisturbed(work, since=end)

        return answer

    def _unary_stream(
        self, rule: Rule | None, handler: Handler, meter: Meter
    ) -> Callable[[Requests, Context], AsyncIterator[Any]]:
        async def answer(_: Requests, context: Context) -> AsyncIterator[Any]:
            async with _Ending(context, meter) as ending:
                who, rule_ = self._identify(rule, context, ending)
                request = await self._first(who, context)
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

    def _stream_stream(
        self, rule: Rule | None, handler: Handler, meter: Meter
    ) -> Callable[[Requests, Context], AsyncIterator[Any]]:
        async def answer(_: Requests, context: Context) -> AsyncIterator[Any]:
            async with _Ending(context, meter) as ending:
                who, rule_ = self._identify(rule, context, ending)
                await self._admit(rule_, who, None)
                if rule_.audited:
                    raise NotBuilt("an audited stream in both directions is not supported")
                async with aclosing(handler.stream_stream(_rest(context), Call(who))) as responses:
                    async for response in responses:
                        yield response

        return answer

    @staticmethod
    def _identify(rule: Rule | None, context: Context, ending: "_Ending") -> tuple[Caller, Rule]:
        """Who calls, before anything of the request is waited for."""
        metadata = context.invocation_metadata()
        trace.begin(metadata)
        who = caller.from_metadata(metadata)
        ending.who = who
        if rule is None:
            raise NotBuilt("no such method")
        return who, rule

    async def _first(self, who: Caller, context: Context) -> Any:
        """The first message of the request; for most methods the only one.

        Half of one may be here already, up to the greatest size, and is held until the rest has come: that is why nobody has
        more than a few on their way. His others wait, unread, and those of other people do not.
        """
        try:
            async with asyncio.timeout(REQUEST_WITHIN_S), self._arriving.taken((who.system, who.person)):
                return methods.verify_any(await methods.read(context))
        except TimeoutError:
            raise TooMuch("the request did not come in time") from None

    async def _admit(self, rule: Rule, who: Caller, request: Any) -> None:
        """Raises Denied unless one of the caller's roles may call. A refusal of an audited RPC is an entry."""
        if who.roles.isdisjoint(rule.roles):
            refusal = Denied("none of the caller's roles may do this")
            if rule.audited and request is not None:
                await audited.undisturbed(self._deny(rule, who, request, refusal))
            raise refusal

    def _disclosure(self, rule: Rule, who: Caller, request: Any) -> audited.Disclosure:
        if self._ledger is None:
            raise TypeError(f"{rule.rpc} is audited and this server has no ledger")
        return audited.Disclosure(self._ledger, rule, who, request, self._system)


class _Ending:
    """The end of a call: what is raised inside becomes a gRPC status. The only place that catches everything.

    who: the caller, once he is known.
    """

    def __init__(self, context: Context, meter: Meter) -> None:
        self._context, self._meter = context, meter
        self._began = 0.0
        self.who: Caller | None = None

    async def __aenter__(self) -> "_Ending":
        self._began = time.monotonic()
        self._meter.begin()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, cause: BaseException | None, traceback: object) -> None:
        if not isinstance(cause, Exception):
            self._tell(metrics.OK if cause is None else metrics.CANCELLED)
            return
        refusal = cause if isinstance(cause, Refusal) else self._internal(cause)
        self._tell(metrics.refused(refusal))
        self._context.set_trailing_metadata(((refusals.DETAILS, refusals.encode(refusal)),))
        await self._context.abort(refusal.code, refusal.words)

    def _tell(self, outcome: Outcome) -> None:
        seconds = time.monotonic() - self._began
        self._meter.end(outcome, seconds)
        if self._goes_without_saying(outcome, seconds):
            return
        log.info(
            "call.ended",
            rpc=self._meter.rpc,
            code=outcome.code,
            reason=outcome.reason,
            milliseconds=round(seconds * 1000, 1),
            system=self.who.system if self.who else "",
        )

    def _goes_without_saying(self, outcome: Outcome, seconds: float) -> bool:
        """What services do for each frame is counted, and told when it is refused or slow. Calls of people are always told."""
        by_service = self.who is not None and self.who.roles == SERVICE
        return by_service and outcome == metrics.OK and seconds < SLOW_S and not trace.is_sampled()

    @staticmethod
    def _internal(cause: Exception) -> Refusal:
        log.error("call.failed", exc_info=cause)
        return InternalFault("internal error", trace_id=structlog.contextvars.get_contextvars().get("trace_id", ""))


async def _rest(context: Context) -> Requests:
    while (request := await methods.read(context)) is not grpc.aio.EOF:
        yield request


async def _chain(first: Any, context: Context, end: asyncio.Event | None = None) -> Requests:
    """All messages. Sets `end` after the last; beware, a client that hangs up may look like one that has come to the end."""
    yield first
    async for request in _rest(context):
        yield request
    if end is not None:
        end.set()
