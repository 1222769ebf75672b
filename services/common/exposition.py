"""GET /metrics over HTTP, for whoever collects measurements.

What must hold, whoever connects and whatever he sends or leaves unsaid:
1. The service goes on: this has a thread and an event loop of its own, which end with the process.
2. No connection lasts longer than WITHIN_S, no more than MAX_OPEN are open, and of each MAX_HEAD_BYTES are read at most. One more
   takes the place of the one that came first: who says nothing keeps nobody out.
3. The measurements are put together at most once in FRESH_S, however often they are asked for.
"""

import asyncio
import socket
import threading
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from services.common.listen import loopback

WITHIN_S = 5.0
MAX_OPEN = 16
MAX_HEAD_BYTES = 4096
FRESH_S = 0.25
PATH = b"/metrics"
END_S = 2.0


@contextmanager
def exposed(listen: str) -> Iterator[int]:
    """Serves the measurements of this process while the block runs, on the port it yields; 0 when `listen` is empty.

    Raises ListenRefused, and OSError when the port is taken.
    """
    if not listen:
        yield 0
        return
    host, port = loopback(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        exposition = Exposition(lambda: generate_latest(REGISTRY))
        thread = threading.Thread(target=exposition.run, args=(listening,), name="metrics", daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            exposition.end()
            thread.join(END_S)


class Exposition:
    """Answers one request on each connection. text: puts the measurements together."""

    def __init__(self, text: Callable[[], bytes]) -> None:
        self._text = text
        self._body, self._made_at = b"", float("-inf")
        self._open: dict[StreamWriter, asyncio.Task[None]] = {}  # the first that came first
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runs, self._end = threading.Event(), asyncio.Event()

    def run(self, listening: socket.socket) -> None:
        """Serves until `end`. Runs on a thread of its own."""
        asyncio.run(self._serve(listening))

    def end(self) -> None:
        """Ends `run`, from any thread."""
        if self._runs.wait(END_S) and self._loop is not None:
            self._loop.call_soon_threadsafe(self._end.set)

    async def _serve(self, listening: socket.socket) -> None:
        async with await asyncio.start_server(self._answer, sock=listening, limit=MAX_HEAD_BYTES):
            self._loop = asyncio.get_running_loop()
            self._runs.set()
            await self._end.wait()
            answering = list(self._open.values())
            while self._open:
                self._drop_first()
            if answering:  # the end of the loop would cancel them, which asyncio takes for a fault
                await asyncio.wait(answering)

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise TypeError("a connection is answered by a task")
        self._open[writer] = task
        if len(self._open) > MAX_OPEN:
            self._drop_first()
        try:
            async with asyncio.timeout(WITHIN_S):
                writer.write(self.response(await reader.readuntil(b"\r\n\r\n")))
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # he did not ask, or does not take the answer
        finally:
            self._open.pop(writer, None)
            writer.transport.abort()

    def _drop_first(self) -> None:
        first = next(iter(self._open))
        del self._open[first]
        first.transport.abort()

    def response(self, head: bytes) -> bytes:
        """The answer to a request with this head."""
        method, _, target = head.partition(b"\r\n")[0].partition(b" ")
        if method not in (b"GET", b"HEAD"):
            return _response(HTTPStatus.METHOD_NOT_ALLOWED)
        if target.partition(b" ")[0].partition(b"?")[0] != PATH:
            return _response(HTTPStatus.NOT_FOUND)
        return _response(HTTPStatus.OK, self._fresh(), with_body=method == b"GET")

    def _fresh(self) -> bytes:
        now = time.monotonic()
        if now - self._made_at > FRESH_S:
            self._body, self._made_at = self._text(), now
        return self._body


def _response(status: HTTPStatus, body: bytes = b"", *, with_body: bool = True) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {CONTENT_TYPE_PLAIN_0_0_4}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (body if with_body else b"")
