"""Channels between services: every replica gets calls, and one that is gone gets none."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import grpc

from services.common.channels import open_channel

METHOD = "/test.Replicas/Name"


async def _replica(name: bytes) -> tuple[grpc.aio.Server, int]:
    async def answer(_request: bytes, _context: object) -> bytes:
        return name

    server = grpc.aio.server()
    handler: Any = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Replicas", {"Name": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port


async def _answers(channel: grpc.aio.Channel, calls: int) -> Counter[bytes]:
    ask: Any = channel.unary_unary(METHOD)
    return Counter([await ask(b"", wait_for_ready=True, timeout=30) for _ in range(calls)])


async def _until(channel: grpc.aio.Channel, names: set[bytes]) -> None:
    """Connections come and go a moment after the servers."""
    async with asyncio.timeout(30):
        while set(await _answers(channel, 4)) != names:
            await asyncio.sleep(0.05)


async def test_calls_go_to_each_replica_in_turn_and_to_none_that_is_gone() -> None:
    async with AsyncExitStack() as stack:
        first, first_port = await _replica(b"first")
        second, second_port = await _replica(b"second")
        stack.push_async_callback(first.stop, None)
        channel = await stack.enter_async_context(open_channel(f"ipv4:127.0.0.1:{first_port},127.0.0.1:{second_port}"))
        await _until(channel, {b"first", b"second"})
        assert await _answers(channel, 20) == {b"first": 10, b"second": 10}
        await second.stop(None)
        await _until(channel, {b"first"})
        assert await _answers(channel, 20) == {b"first": 20}
