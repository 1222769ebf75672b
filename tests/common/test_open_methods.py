"""What anybody may call takes any bytes from anybody."""

import asyncio
from typing import Any

import grpc
import pytest
from anpr.audit.v1 import audit_pb2
from grpc_health.v1 import health_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import binary, lists, sampled_from

from services.common import open_methods, server
from services.common.server import Serving
from tests.common.ledgers import MemoryLedger

METHODS = (
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/List",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
)


class House:
    """A server without a servicer of ours."""

    async def __aenter__(self) -> grpc.aio.Channel:
        services = {audit_pb2.DESCRIPTOR.services_by_name["AuditService"]: server.always}
        serving = Serving(
            name="audit", listen="127.0.0.1:0", services=services, register=lambda _: None, ledger=MemoryLedger()
        )
        self._server, port, _ = server.build(serving)
        await self._server.start()
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        return self._channel

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()
        await self._server.stop(0)


async def _answer(channel: grpc.aio.Channel, path: str, messages: list[bytes]) -> tuple[str, str]:
    """Code and words. Where the answer comes before the client's last write, its library loses the status: asked again."""
    for _ in range(50):
        answer = await _asked_once(channel, path, messages)
        if answer != ("INTERNAL", "Internal error from Core"):
            break
    return answer


async def _asked_once(channel: grpc.aio.Channel, path: str, messages: list[bytes]) -> tuple[str, str]:
    call: Any = channel.stream_stream(path)
    try:
        async for _ in call(iter(messages), timeout=10):
            if path.endswith("/Watch"):
                break
    except grpc.aio.AioRpcError as failure:
        return failure.code().name, failure.details() or ""
    return "OK", ""


@pytest.mark.parametrize("path", METHODS)
async def test_bytes_that_are_no_request_are_refused(path: str) -> None:
    async with House() as channel:
        assert await _answer(channel, path, [b"\xff\xff"]) == ("INVALID_ARGUMENT", "the request cannot be decoded")


async def test_health_is_told_as_before() -> None:
    async with House() as channel:
        asked = health_pb2.HealthCheckRequest(service="anpr.audit.v1.AuditService")
        assert (await _answer(channel, METHODS[0], [asked.SerializeToString()]))[0] in ("OK", "NOT_FOUND")
        assert await _answer(channel, METHODS[1], [b""]) == ("UNIMPLEMENTED", "no such method")
        assert (await _answer(channel, METHODS[2], [b""]))[0] == "OK"
        assert (await _answer(channel, METHODS[3], [b"\x3a\x00"]))[0] == "OK"


async def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_methods, "REQUEST_WITHIN_S", 0.05)
    async with House() as channel:
        method: Any = channel.stream_stream(METHODS[0])
        call = method(timeout=10)
        assert (await call.code()) is grpc.StatusCode.RESOURCE_EXHAUSTED
        call.cancel()


async def test_watches_without_end_do_not_keep_others_from_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_methods, "MAX_STREAMS", 2)
    async with House() as channel:
        watch: Any = channel.unary_stream(METHODS[2])
        held = [watch(b"", timeout=30) for _ in range(2)]
        for call in held:
            await call.read()
        assert await _answer(channel, METHODS[2], [b""]) == ("RESOURCE_EXHAUSTED", "too many streams are open")
        assert (await _answer(channel, METHODS[0], [b""]))[0] in ("OK", "NOT_FOUND")
        held[0].cancel()
        async with asyncio.timeout(20):
            while (await _answer(channel, METHODS[2], [b""]))[0] != "OK":
                await asyncio.sleep(0.01)
        held[1].cancel()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=sampled_from(METHODS), messages=lists(binary(max_size=20), max_size=1))
async def test_nothing_is_a_fault(path: str, messages: list[bytes]) -> None:
    async with House() as channel:
        assert (await _answer(channel, path, messages))[0] in ("OK", "NOT_FOUND", "INVALID_ARGUMENT", "UNIMPLEMENTED")
