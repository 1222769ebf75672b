"""A call as its bytes: what comes back is counted before anybody makes sense of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import grpc
from google.protobuf.message import Message

from services.common import refusals
from services.common.caller import Caller
from tests.fail_closed.contract import METHODS

STREAMED = 2  # messages of a stream that is begun for the caller and never ends by itself


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks what. results: as things are, it is answered with at least one result."""

    caller: Caller
    messages: tuple[Message, ...]
    results: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """code: OK, or the status; details: its words; messages: what came, as it came."""

    code: str
    reason: str = ""
    details: str = ""
    messages: tuple[bytes, ...] = ()


async def ask(channel: grpc.aio.Channel, path: str, question: Question, *, timeout_s: float) -> Answer:
    """Asks, and takes whatever comes until the end of the call, or until a stream has given enough."""
    method = METHODS[path]
    kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
    call_ = getattr(channel, kind)(path)  # without serializers: bytes in, bytes out
    sent = [message.SerializeToString() for message in question.messages]
    call = call_(
        _each(sent) if method.client_streaming else sent[0], metadata=question.caller.metadata(), timeout=timeout_s
    )
    came: list[bytes] = []
    try:
        if method.server_streaming:
            async for message in call:
                came.append(message)
                if len(came) == STREAMED:
                    call.cancel()
                    return Answer("OK", messages=tuple(came))
        else:
            came.append(await call)
    except grpc.aio.AioRpcError as refused:
        return Answer(refused.code().name, refusals.reason(refused), refused.details() or "", tuple(came))
    return Answer("OK", messages=tuple(came))


async def ask_all(
    channels: dict[str, grpc.aio.Channel], questions: dict[str, Question], *, timeout_s: float = 12.0
) -> dict[str, Answer]:
    """Asks all at once, each over the channel of its path."""
    answers = await asyncio.gather(
        *(ask(channels[path], path, question, timeout_s=timeout_s) for path, question in questions.items())
    )
    return dict(zip(questions, answers, strict=True))


async def _each(messages: Sequence[bytes]) -> AsyncIterator[bytes]:
    for message in messages:
        yield message
