"""A peer's program as a child: one request in, one answer out, each with its length before it."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench import peers
from bench.errors import PeerMissing

LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Peer:
    """A running peer that has warmed up."""

    process: asyncio.subprocess.Process
    requests: asyncio.StreamWriter
    answers: asyncio.StreamReader

    @property
    def pid(self) -> int:
        return self.process.pid

    async def ask(self, request: bytes) -> bytes:
        """Its answer. Raises PeerMissing when it has ended."""
        try:
            self.requests.write(LENGTH.pack(len(request)) + request)
            await self.requests.drain()
            (size_bytes,) = LENGTH.unpack(await self.answers.readexactly(LENGTH.size))
            return await self.answers.readexactly(size_bytes)
        except (asyncio.IncompleteReadError, OSError) as cause:
            raise PeerMissing("the peer's program ended; its words are above") from cause


@asynccontextmanager
async def running(program: str) -> AsyncIterator[Peer]:
    """A program of bench/peer_programs for the length of the block. Raises PeerMissing."""
    child = await asyncio.create_subprocess_exec(
        *peers.command(program),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=peers.environment(),
    )
    if child.stdin is None or child.stdout is None:
        raise TypeError("pipes were asked for")
    try:
        yield Peer(child, child.stdin, child.stdout)
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()
