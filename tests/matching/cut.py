"""A way to PostgreSQL that is cut when a COMMIT comes by: before the server has it, or before its answer is through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto


class Cut(Enum):
    """Where. NOWHERE: everything goes through."""

    NOWHERE = auto()
    BEFORE_COMMIT = auto()
    AFTER_COMMIT = auto()


@dataclass(slots=True)
class Way:
    """`cut` may be changed at any time; a cut happens once, and then all goes through again.

    mark: only a session is cut that said this since its last COMMIT.
    """

    port: int
    cut: Cut = Cut.NOWHERE
    mark: bytes = b""


@asynccontextmanager
async def way(port: int) -> AsyncIterator[Way]:
    """A way to the server at this port of loopback."""
    found = Way(0)
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        writers.update((writer, up_writer))
        swallow = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_up(found, reader, up_writer, swallow))
                both.create_task(_down(up_reader, writer, swallow))
        except* (ConnectionError, _Ended):
            pass
        finally:
            for one in (writer, up_writer):
                one.close()
            writers.difference_update((writer, up_writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for one in tuple(writers):
            one.close()
        await asyncio.sleep(0.05)


class _Ended(Exception):
    """One side has closed, or the way was cut."""


async def _up(way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, swallow: asyncio.Event) -> None:
    said = b""
    while content := await reader.read(65536):
        said += content
        if b"COMMIT\0" in content:
            if way.cut is not Cut.NOWHERE and way.mark in said:
                cut, way.cut = way.cut, Cut.NOWHERE
                if cut is Cut.BEFORE_COMMIT:
                    break
                swallow.set()
            said = b""
        writer.write(content)
        await writer.drain()
    raise _Ended


async def _down(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, swallow: asyncio.Event) -> None:
    while content := await reader.read(65536):
        if swallow.is_set():  # the server has answered, so it has committed; nobody will hear of it
            break
        writer.write(content)
        await writer.drain()
    raise _Ended
