"""A small HTTP/1.1 server for what is not gRPC: one request a connection, and nobody can keep it busy.

What must hold, whoever connects and whatever he sends or leaves unsaid:
1. No connection lasts longer than WITHIN_S, and no more than MAX_OPEN are open: one more takes the place of the first.
2. Of each, MAX_HEAD_BYTES of head and `max_body_bytes` of body are read at most.
3. What goes wrong in an answer is a 500 and a line in the log, and the server goes on.
"""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog

log = structlog.get_logger()

WITHIN_S = 15.0
MAX_OPEN = 64
MAX_HEAD_BYTES = 8192
TEXT = "text/plain; charset=utf-8"


class _Unreadable(Exception):
    """The request is none that this server reads."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """method in capitals; path without query, as it was sent; body whole."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: int
    body: bytes = b""
    content_type: str = TEXT
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def served(host: str, port: int, answer: Answer, *, max_body_bytes: int = 0) -> AsyncIterator[int]:
    """Serves while the block runs, on the port it yields. Raises OSError when the port is taken."""
    site = _Site(answer, max_body_bytes)
    server = await asyncio.start_server(site.connected, host, port, limit=MAX_HEAD_BYTES)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        site.end()


class _Site:
    def __init__(self, answer: Answer, max_body_bytes: int) -> None:
        self._answer, self._max_body_bytes = answer, max_body_bytes
        self._open: dict[StreamWriter, asyncio.Task[None] | None] = {}  # the first that came first

    async def connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        if len(self._open) >= MAX_OPEN:
            first = next(iter(self._open))
            self._cut(first)
        self._open[writer] = asyncio.current_task()
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._talk(reader, writer)
                writer.close()
                await writer.wait_closed()  # until he has taken the answer
        except (TimeoutError, OSError, asyncio.CancelledError):
            pass  # a peer that is gone, or is sent away, is told nothing
        finally:
            self._open.pop(writer, None)
            writer.transport.abort()

    def end(self) -> None:
        for writer in list(self._open):
            self._cut(writer)

    def _cut(self, writer: StreamWriter) -> None:
        task = self._open.pop(writer, None)
        writer.transport.abort()
        if task is not None:
            task.cancel()

    async def _talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        head_only = False
        try:
            request = await self._read(reader)
            head_only = request.method == "HEAD"
            response = await self._answer(request)
        except _Unreadable as problem:
            response = Response(problem.status, problem.status.phrase.encode() + b"\n")
        except Exception:
            log.exception("web.failed")
            response = Response(HTTPStatus.INTERNAL_SERVER_ERROR, b"internal error\n")
        writer.write(_encode(response, head_only=head_only))
        await writer.drain()

    async def _read(self, reader: StreamReader) -> Request:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, UnicodeDecodeError):
            raise _Unreadable(HTTPStatus.BAD_REQUEST) from None
        method, _, rest = head[0].partition(" ")
        target, _, version = rest.partition(" ")
        if version not in ("HTTP/1.0", "HTTP/1.1") or not target.startswith("/") or not method.isupper():
            raise _Unreadable(HTTPStatus.BAD_REQUEST)
        length = _length(head[1:])
        if length > self._max_body_bytes:
            raise _Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            body = await reader.readexactly(length)
        except asyncio.IncompleteReadError:
            raise _Unreadable(HTTPStatus.BAD_REQUEST) from None
        return Request(method, target.partition("?")[0], body)


def _length(lines: list[str]) -> int:
    """Bytes of the body. A body of unknown length, or of two lengths, is not read."""
    fields = [line.partition(":") for line in lines if line]
    values = [value.strip() for name, _, value in fields if name.lower() == "content-length"]
    if any(name.lower() == "transfer-encoding" for name, _, _ in fields):
        raise _Unreadable(HTTPStatus.LENGTH_REQUIRED)
    if len(values) > 1 or any(not (value.isascii() and value.isdigit() and len(value) < 16) for value in values):
        raise _Unreadable(HTTPStatus.BAD_REQUEST)
    return int(values[0]) if values else 0


def _encode(response: Response, *, head_only: bool) -> bytes:
    lines = {
        "Content-Type": response.content_type,
        "Content-Length": str(len(response.body)),
        "Connection": "close",
        "X-Content-Type-Options": "nosniff",
        **response.headers,
    }
    status = HTTPStatus(response.status)
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\n" + "".join(
        f"{name}: {text}\r\n" for name, text in lines.items()
    )
    return head.encode() + b"\r\n" + (b"" if head_only else response.body)
