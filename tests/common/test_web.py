"""The small HTTP server: whoever connects, it goes on."""

import asyncio
import socket

import pytest

from services.common import web
from services.common.web import Request, Response


async def _bundle(_: Request) -> Response:
    return Response(200, b"x" * 51_000)


def _who_does_not_read(port: int) -> socket.socket:
    """A small window and small segments: the kernel on the other side then takes little of the answer."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 88)
    peer.connect(("127.0.0.1", port))
    peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
    return peer


async def test_who_does_not_read_his_answer_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "WITHIN_S", 0.5)
    before = len(asyncio.all_tasks())
    async with web.served("127.0.0.1", 0, _bundle) as port:
        peers = [await asyncio.to_thread(_who_does_not_read, port) for _ in range(20)]
        await asyncio.sleep(0.2)
        assert len(asyncio.all_tasks()) > before
        await asyncio.sleep(1.0)
        assert len(asyncio.all_tasks()) == before
    for peer in peers:
        peer.close()
