"""What could grow without end does not: connections, streams of one connection, lists of one zone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
import psycopg
import pytest
from anpr.ingest.v1 import camera_pb2, camera_pb2_grpc

from services.common import database, door, plate, refusals, server
from services.common.server import Serving
from services.matching.hotlist import MAX_HOTLISTS
from tests.common.ledgers import MemoryLedger
from tests.engines import Scratch
from tests.fuzz import sockets
from tests.matching.conftest import Matching, running

MESSAGE_BYTES = 3 * 1024 * 1024
SETTINGS, WINDOW_UPDATE = 4, 8
FILL = """
    INSERT INTO matching.hotlist (hotlist_id, zone, name, category, priority, owner, source, legal_ground, review_at, {added})
    SELECT hotlist_id || number, zone, name, category, priority, owner, source, legal_ground, review_at, {added}
    FROM matching.hotlist, generate_series(2, {most}) AS number
"""


@asynccontextmanager
async def _served() -> AsyncIterator[int]:
    """The port of a server whose methods are never reached."""
    services = {camera_pb2.DESCRIPTOR.services_by_name["CameraService"]: server.always}
    servicer: Any = camera_pb2_grpc.CameraServiceServicer

    def register(into: grpc.aio.Server) -> None:
        camera_pb2_grpc.add_CameraServiceServicer_to_server(servicer(), into)

    built, port, _ = server.build(Serving(name="ingest", listen="127.0.0.1:0", services=services, register=register))
    await built.start()
    try:
        yield port
    finally:
        await built.stop(0)


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_WITHIN_MS", 200)
    async with _served() as port, _connected(port) as (reader, _), asyncio.timeout(20):
        while await reader.read(100):  # the server says hello first
            pass


async def test_one_connection_has_a_bounded_number_of_calls() -> None:
    """The settings frame (RFC 9113, 6.5.2) that a server sends says so: parameter 3."""
    async with _served() as port, _connected(port) as (reader, writer), asyncio.timeout(20):
        writer.write(sockets.PREFACE + bytes.fromhex("000000040000000000"))
        frame = await reader.readexactly(9)
        settings = await reader.readexactly(int.from_bytes(frame[:3], "big"))
    pairs = {settings[place : place + 2]: settings[place + 2 : place + 6] for place in range(0, len(settings), 6)}
    assert int.from_bytes(pairs[b"\0\3"], "big") == server.MAX_CALLS_A_CONNECTION


async def test_what_nobody_reads_yet_waits_at_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two requests of one caller that never end, the second is not received; another caller's is."""
    monkeypatch.setattr(door, "MAX_ARRIVING", 1)
    async with _served() as port, AsyncExitStack() as stack:
        sent = []
        for person in ("p1", "p1", "p2"):
            upload = _Upload(*await stack.enter_async_context(_connected(port)))
            await upload.begin(person)
            sent.append(await upload.push(MESSAGE_BYTES - 1))
    first, second, other = sent
    assert first == other == MESSAGE_BYTES - 1
    assert second < 128 * 1024


@dataclass(slots=True)
class _Upload:
    """A call over HTTP/2 by hand (RFC 9113): it announces a message and may send as much of it as the server lets it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    windows: list[int] = field(default_factory=lambda: [65_535, 65_535])  # of the connection, of the stream

    async def begin(self, person: str) -> None:
        """Says who calls what, and how long the message will be."""
        pairs = (
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/anpr.ingest.v1.CameraService/GetCamera"),
            (":authority", "x"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("anpr-system", "desk"),
            ("anpr-person", person),
        )
        block = b"".join(
            b"\0" + sockets.literal(key.encode()) + sockets.literal(value.encode()) for key, value in pairs
        )
        self.writer.write(sockets.PREFACE + sockets.frame(4, 0, 0, b"") + sockets.frame(1, 4, 1, block))
        await self._write(b"\0" + MESSAGE_BYTES.to_bytes(4, "big"))

    async def push(self, size: int) -> int:
        """Sends `size` bytes of the message, or as many as are let in before nothing comes for half a second."""
        sent = 0
        while sent < size:
            piece = min(16_384, size - sent, *self.windows)
            if piece > 0:
                await self._write(bytes(piece))
                sent += piece
            elif not await self._listen():
                break
        return sent

    async def _write(self, content: bytes) -> None:
        self.writer.write(sockets.frame(0, 0, 1, content))
        self.windows[:] = [window - len(content) for window in self.windows]
        await self.writer.drain()

    async def _listen(self) -> bool:
        """Reads one frame. Whether one came."""
        try:
            async with asyncio.timeout(0.5):
                head = await self.reader.readexactly(9)
                content = await self.reader.readexactly(int.from_bytes(head[:3], "big"))
        except TimeoutError:
            return False
        if head[3] == WINDOW_UPDATE:
            self.windows[bool(head[8])] += int.from_bytes(content, "big")
        elif head[3] == SETTINGS and not head[4]:
            values = {content[place : place + 2]: content[place + 2 : place + 6] for place in range(0, len(content), 6)}
            if b"\0\4" in values:
                self.windows[1] += int.from_bytes(values[b"\0\4"], "big") - 65_535
        return True


@pytest.fixture
async def matching(fresh_database: Callable[[str], Scratch]) -> AsyncIterator[Matching]:
    async with running(fresh_database("matching"), MemoryLedger()) as found:
        yield found


@pytest.mark.postgres
async def test_a_zone_has_no_more_hotlists_than_one_message_tells(matching: Matching) -> None:
    await matching.create("a")
    with matching.scratch.connect() as connection:
        columns = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'matching' AND table_name = 'hotlist'"
        ).fetchall()
        (added,) = {name for (name,) in columns} & {"added_version", "created_version", "version"}
        connection.execute(FILL.format(added=added, most=MAX_HOTLISTS).encode())
        connection.commit()
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await matching.create("b")
    assert (refusal.value.code().name, refusals.reason(refusal.value)) == ("RESOURCE_EXHAUSTED", "OVERLOADED")


@pytest.mark.postgres
async def test_the_end_of_time_is_read_as_it_was_written(fresh_database: Callable[[str], Scratch]) -> None:
    """Wherever the server stands: its last hours of the year 9999 would be the year 10000 here."""
    scratch = fresh_database("matching")
    with psycopg.connect(scratch.dsn("matching_writer"), password=scratch.password("matching_writer")) as plain:
        name = plain.info.dbname
    with scratch.connect() as connection:
        connection.execute(f"ALTER DATABASE {name} SET TimeZone = 'Europe/Brussels'".encode())
        connection.commit()
    async with (
        database.connect(scratch.dsn("matching_writer"), scratch.password("matching_writer")) as opened,
        opened.transaction() as asked,
    ):
        row = await (await asked.execute("SELECT timestamptz '9999-12-31T23:59:59Z'")).fetchone()
    assert row is not None
    assert row[0].year == 9999


def test_a_text_of_megabytes_is_refused_before_it_is_searched_for_wildcards() -> None:
    class Text(str):
        __slots__ = ()

        def __iter__(self) -> Iterator[str]:
            raise AssertionError("it is searched")

    with pytest.raises(plate.PlateInvalid):
        plate.parse(Text("A" * 1_000_000))
