"""Bytes on a bare connection: HTTP/2 that is broken, or is none, and headers that no client library sends."""

import asyncio
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.fuzz import bytewise, contract, oddities
from tests.fuzz.tally import HANG, Outcome, packed, unpacked

DOOR, WEIGHT = "sockets", 60
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ANSWER_WITHIN_S = 0.05  # what comes back does not matter; that the server lives on does
CLOSE_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Connection:
    """What is written to a port of one part of the suite."""

    number: int
    server: str
    content: bytes = field(repr=False)

    def encode(self) -> dict[str, object]:
        """For a file."""
        return {"kind": "socket", "number": self.number, "server": self.server, "content": packed(self.content)}


def decode(said: Mapping[str, Any]) -> Connection:
    """The connection in a file."""
    return Connection(said["number"], said["server"], unpacked(said["content"]))


def make(dice: Random, number: int, servers: tuple[str, ...]) -> Connection:
    """A connection of this number."""
    choice = dice.randrange(10)
    if choice == 0:
        content = dice.randbytes(dice.randrange(2000))
    elif choice == 1:
        content = dice.choice(HTTP_1) + oddities.content(dice)
    else:
        content = PREFACE + frame(4, 0, 0, b"") + b"".join(_any_frame(dice) for _ in range(dice.choice((1, 3, 20))))
        if not dice.randrange(3):
            content = bytewise.mutate(dice, content)
    return Connection(number, dice.choice(servers), content)


HTTP_1 = (
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /anpr.audit.v1.AuditService/Append HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\n" + b"x: y\r\n" * 2000,
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    """A frame (RFC 9113, 4.1)."""
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream & 0xFFFFFFFF) + content


def _any_frame(dice: Random) -> bytes:
    stream = dice.choice((0, 1, 1, 1, 2, 3, 2**31 - 1))
    choice = dice.randrange(8)
    if choice < 3:
        return frame(1, dice.choice((4, 5, 0, 0x2C)), stream, _headers(dice))
    if choice < 5:
        message = dice.randbytes(dice.choice((0, 5, 100)))
        prefix = struct.pack(">BI", dice.choice((0, 0, 1, 2)), dice.choice((len(message), 0, 2**31, 2**32 - 1)))
        return frame(0, dice.choice((0, 1, 8)), stream, prefix + message)
    if choice == 5:
        settings = (
            struct.pack(">HI", dice.randrange(9), dice.choice((0, 1, 2**31 - 1, 2**32 - 1)))
            for _ in range(dice.randrange(50))
        )
        return frame(4, 0, 0, b"".join(settings))
    return frame(dice.randrange(12), dice.randrange(256), stream, oddities.content(dice, 64))


def _headers(dice: Random) -> bytes:
    """Each header as a literal that is not indexed (RFC 7541, 6.2.2)."""
    path = contract.path(dice.choice(contract.methods()))
    pairs = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "x"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]
    pairs += [(key, value) for key, value in contract.odd_identity(dice) if isinstance(value, str)]
    pairs += dice.sample(STRANGE, dice.randrange(3))
    return b"".join(b"\0" + literal(key.encode()) + literal(value.encode()) for key, value in pairs)


STRANGE = [
    ("Upper", "x"), ("grpc-timeout", "99999999H"), ("grpc-timeout", "-1S"), ("grpc-timeout", "1n"), ("grpc-encoding", "gzip"),
    ("grpc-encoding", "nonsense"), ("content-length", "-1"), ("anpr-person", "p\r\nanpr-roles: admin"), ("anpr-person", "\0"),
    (":path", "/x"), ("anpr-x-bin", "not base64!"), ("anpr_person", "p1"), ("", "empty"), ("host", "a b"),
    ("connection", "close"), ("content-type", "text/html"), (":method", "GET"),
]  # fmt: skip


def literal(content: bytes) -> bytes:
    """A string literal without Huffman code (RFC 7541, 5.2)."""
    size = len(content)
    if size < 127:
        return bytes([size]) + content
    prefix, rest = bytearray([127]), size - 127
    while rest > 127:
        prefix.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*prefix, rest]) + content


async def send(connection: Connection, address: tuple[str, int]) -> Outcome:
    """Writes it, listens for a moment, and hangs up. A port that takes no connection is a fault."""
    began = time.perf_counter()
    word, what = "CLOSED", ""
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            reader, writer = await asyncio.open_connection(*address)
            word = await _exchange(reader, writer, connection.content)
    except TimeoutError:
        word, what = HANG, "the port takes no connection"
    except ConnectionError as cause:
        word, what = "UNKNOWN", f"the port takes no connection: {cause}"
    return Outcome(word, (time.perf_counter() - began) * 1000, what)


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes) -> str:
    try:
        writer.write(content)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await writer.drain()
            while await reader.read(1 << 16):
                pass
    except TimeoutError:
        return "LISTENING"
    except ConnectionError:
        return "RESET"
    finally:
        writer.transport.abort()
    return "CLOSED"
