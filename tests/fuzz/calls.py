"""One call over the wire: what is sent to whom, how, and what came of it."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
from anpr.ingest.v1 import ingest_pb2
from anpr.recognition.v1 import recognition_pb2

from services.common import refusals
from tests.fuzz.contract import Metadata
from tests.fuzz.tally import HANG, Outcome, packed, unpacked

DEADLINE_S = 20.0
CHANNELS = 4  # to each server: connections of their own, so that a broken one breaks few
MOST_ANSWERS = 64
WHOLE, BROKEN, OPEN = "whole", "broken", "open"
# What Envoy answers to a request that is no gRPC at all comes as INTERNAL out of the client's own library.
# A client that still sends while the answer is there already loses it, in this library: the services' own logs know better.
RACED = frozenset({"", "Internal error from Core"})
OF_HTTP = "Received http2 header with status: 4"


@dataclass(frozen=True, slots=True)
class Case:
    """A call. server: a part of the suite; manner: WHOLE, BROKEN (given up after the messages), OPEN (and never ended).

    endless: the answers have no end, so the first is enough.
    """

    door: str
    number: int
    server: str
    path: str
    metadata: Metadata
    messages: tuple[bytes, ...] = field(repr=False)
    manner: str = WHOLE
    pause_s: float = 0.0
    endless: bool = False

    def encode(self) -> dict[str, object]:
        """For a file."""
        pairs = [[key, value if isinstance(value, str) else {"bytes": packed(value)}] for key, value in self.metadata]
        messages = [packed(message) for message in self.messages]
        plain = {
            name: getattr(self, name) for name in ("door", "number", "server", "path", "manner", "pause_s", "endless")
        }
        return {"kind": "call", **plain, "metadata": pairs, "messages": messages}


def decode(said: Mapping[str, Any]) -> Case:
    """The case in a file."""
    pairs = tuple(
        (key, value if isinstance(value, str) else unpacked(value["bytes"])) for key, value in said["metadata"]
    )
    messages = tuple(unpacked(message) for message in said["messages"])
    plain = {name: said[name] for name in ("door", "number", "server", "path", "manner", "pause_s", "endless")}
    return Case(**plain, metadata=pairs, messages=messages)


class Lines:
    """Channels to the parts of a suite. Bytes go through as they are."""

    def __init__(self, addresses: Mapping[str, str], *, deadline_s: float = DEADLINE_S) -> None:
        self._addresses, self._deadline_s = addresses, deadline_s
        self._stack = AsyncExitStack()
        self._channels: dict[str, list[grpc.aio.Channel]] = {}

    async def __aenter__(self) -> "Lines":
        for name, address in self._addresses.items():
            self._channels[name] = [await self._stack.enter_async_context(_channel(address)) for _ in range(CHANNELS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def send(self, case: Case) -> Outcome:
        """Makes the call and waits for its end."""
        began = time.perf_counter()
        answers: list[bytes] = []
        call = self._begin(case)
        try:
            if case.manner == WHOLE:
                await _read(call, answers, 1 if case.endless else MOST_ANSWERS)
            elif case.manner == OPEN:
                await _write(call, case.messages)
            await asyncio.sleep(case.pause_s)
            call.cancel()
            code, details, reason = await call.code(), await call.details() or "", ""
        except grpc.aio.AioRpcError as failure:
            code, details, reason = failure.code(), failure.details() or "", refusals.reason(failure)
        word = _word(case, code, details)
        inner = _inner_fault(case, answers) if word in ("OK", "CANCELLED") else ""
        milliseconds = (time.perf_counter() - began) * 1000
        return Outcome("INTERNAL" if inner else word, milliseconds, inner or f"{details[:200]} [{reason}]", reason)

    def _begin(self, case: Case) -> Any:
        channel: Any = self._channels[case.server][case.number % CHANNELS]
        options = {"metadata": case.metadata, "timeout": self._deadline_s}
        if _is_plain(case):
            return channel.unary_stream(case.path)(case.messages[0], **options)
        if case.manner == OPEN:
            return channel.stream_stream(case.path)(**options)
        return channel.stream_stream(case.path)(iter(case.messages), **options)


def _channel(address: str) -> grpc.aio.Channel:
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.max_receive_message_length", 64 << 20),
        ("grpc.max_send_message_length", 64 << 20),
        ("grpc.max_metadata_size", 64 << 10),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 500),
    ]
    return grpc.aio.insecure_channel(address, options=options)


async def _write(call: Any, messages: Iterable[bytes]) -> None:
    """Says something, and does not say that it was all."""
    with suppress(asyncio.InvalidStateError):  # the answer is there already
        for message in messages:
            await call.write(message)


async def _read(call: Any, answers: list[bytes], most: int) -> None:
    while len(answers) < most:
        answer = await call.read()
        if answer is grpc.aio.EOF:
            return
        answers.append(answer)


def _word(case: Case, code: grpc.StatusCode, details: str) -> str:
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return HANG
    if code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
        if details.startswith(OF_HTTP):
            return f"HTTP_{details[len(OF_HTTP) - 1 :][:3]}"
        if "RST_STREAM" in details and case.server == "gateway":
            return "RESET_BY_GATEWAY"
        if not _is_plain(case) and details in RACED:
            return "RACED"
    return str(code.name)


def _is_plain(case: Case) -> bool:
    """One message, sent and ended in one go."""
    return case.manner == WHOLE and len(case.messages) == 1


def _inner_fault(case: Case, answers: list[bytes]) -> str:
    """A stream that goes on tells in its answers what went wrong with one of its messages."""
    for answer in answers:
        if case.path.endswith("/StreamFrames"):
            reason = ingest_pb2.StreamFramesResponse.FromString(answer).refused.reason
        elif case.path.endswith("/RecognizeStream"):
            reason = recognition_pb2.RecognizeStreamResponse.FromString(answer).refusal
        else:
            return ""
        if reason in ("INTERNAL", "ENGINE_FAILED"):
            return f"an answer of the stream says {reason}"
    return ""
