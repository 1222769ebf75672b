"""The bare echo as a calibrator: a server process of its own, and calls of given sizes."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc

from bench.echo_server import METHOD, SERVICE, SIZE_BYTES

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Echo:
    """A running echo server."""

    channel: grpc.aio.Channel
    pid: int

    def caller(self, *, request_bytes: int, response_bytes: int, metadata: Metadata) -> "EchoCall":
        """Calls with these sizes and this metadata."""
        request = response_bytes.to_bytes(SIZE_BYTES, "big").ljust(request_bytes, b"\0")
        return EchoCall(self.channel.unary_unary(f"/{SERVICE}/{METHOD}"), request, metadata)


@dataclass(frozen=True, slots=True)
class EchoCall:
    """One kind of call."""

    method: "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]"
    request: bytes
    metadata: Metadata

    async def __call__(self) -> None:
        await self.method(self.request, metadata=self.metadata)


@asynccontextmanager
async def running() -> AsyncIterator[Echo]:
    """An echo server for the length of the block."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.echo_server", stdout=asyncio.subprocess.PIPE
    )
    if child.stdout is None:
        raise TypeError("a pipe was asked for")
    try:
        port = int(await child.stdout.readline())
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Echo(channel, child.pid)
    finally:
        child.kill()
        await child.communicate()
