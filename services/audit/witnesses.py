"""The log's witnesses, asked over HTTP (C2SP tlog-witness)."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Thread
from urllib.parse import urlsplit

from services.audit import checkpoint, cosignature
from services.audit.cosignature import SIZE_TYPE
from services.common import note
from services.common.errors import Unavailable
from services.common.note import COSIGNATURE, NoteInvalid, Signature, VerifierKey

DEADLINE_S = 2.0
MAX_ANSWER_BYTES = 64 * 1024


class WitnessSilent(Unavailable):
    """The witness does not answer, or not as the protocol says."""


class WitnessRefused(Exception):
    """The witness answers, and does not cosign. size: of the last head that it cosigned, when it says so."""

    def __init__(self, status: int, size: int | None = None) -> None:
        super().__init__(f"the witness answers {status}")
        self.status, self.size = status, size


@dataclass(frozen=True, slots=True)
class Address:
    """A witness: where it listens, and its key."""

    url: str
    key: VerifierKey


def parse(text: str) -> tuple[Address, ...]:
    """Addresses from a setting: URL and verifier key of each, with blanks between. Raises NoteInvalid."""
    words = text.split()
    if len(words) % 2:
        raise NoteInvalid("of each witness there is a URL and a verifier key")
    found = tuple(
        Address(url.rstrip("/"), note.parse_key(vkey)) for url, vkey in zip(words[::2], words[1::2], strict=True)
    )
    for one in found:
        if not _is_address(one.url) or one.key.algorithm != COSIGNATURE:
            raise NoteInvalid("a witness has an http or https address and a key for cosignatures")
    if len({one.key.name for one in found}) != len(found):
        raise NoteInvalid("two witnesses have one name")
    return found


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.query
    except ValueError:
        return False


class WitnessClient:
    """One witness."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._tls = ssl.create_default_context()

    @property
    def name(self) -> str:
        """Name of its key."""
        return self._address.key.name

    async def cosign(self, old_size: int, proof: Sequence[bytes], signed: str) -> Signature:
        """Its line for a head. Raises WitnessRefused, and WitnessSilent also for a line that does not verify."""
        status, kind, text = await self._ask("POST", "/add-checkpoint", cosignature.request(old_size, proof, signed))
        if status == 409 and kind == SIZE_TYPE and checkpoint.SIZE.fullmatch(text.strip()):
            raise WitnessRefused(status, int(text))
        if status != 200:
            raise WitnessRefused(status)
        try:
            return self._own_line(signed, text)
        except NoteInvalid as cause:
            raise WitnessSilent("the witness answers with no line of its own") from cause

    async def newest(self, hashed_origin: str) -> str | None:
        """The last head of the log that it cosigned; None when there is none. Raises WitnessSilent."""
        status, _, text = await self._ask("GET", f"/{hashed_origin}/checkpoint", None)
        if status not in (200, 404):
            raise WitnessSilent(f"the witness answers {status}")
        return text if status == 200 else None

    def _own_line(self, signed: str, text: str) -> Signature:
        key = self._address.key
        for line in note.parse_lines(text):
            if (line.name, line.key_id) == (key.name, key.key_id):
                key.verify(note.parse(signed).text, line.data)
                return line
        raise NoteInvalid("there is no line of this witness")

    async def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, str, str]:
        """Status, content type and text of an answer.

        On a thread of its own, which ends with the connection: a witness that sends a byte now and then keeps no thread that
        others wait for, and no process from ending.
        """
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[tuple[int, str, bytes]] = loop.create_future()
        connection = self._connection()

        def tell(answer: tuple[int, str, bytes] | Exception) -> None:
            if answered.done():
                return
            if isinstance(answer, Exception):
                answered.set_exception(answer)
            else:
                answered.set_result(answer)

        def ask() -> None:
            try:
                answer: tuple[int, str, bytes] | Exception = _exchange(connection, method, self._prefix + path, body)
            except (HTTPException, OSError, ValueError) as cause:
                answer = cause
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(tell, answer)

        Thread(target=ask, name="witness", daemon=True).start()
        try:
            async with asyncio.timeout(DEADLINE_S):
                status, kind, data = await answered
            return status, kind, data.decode()
        except (HTTPException, OSError, ValueError) as cause:  # TimeoutError and UnicodeDecodeError among them
            raise WitnessSilent("the witness does not answer") from cause
        finally:
            _cut(connection)

    @property
    def _prefix(self) -> str:
        return urlsplit(self._address.url).path

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self._address.url)
        if parts.scheme == "https":
            return HTTPSConnection(str(parts.hostname), parts.port, timeout=DEADLINE_S, context=self._tls)
        return HTTPConnection(str(parts.hostname), parts.port, timeout=DEADLINE_S)


def _exchange(connection: HTTPConnection, method: str, path: str, body: bytes | None) -> tuple[int, str, bytes]:
    try:
        connection.request(method, path, body, {"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read(MAX_ANSWER_BYTES)
    finally:
        connection.close()


def _cut(connection: HTTPConnection) -> None:
    """Ends what a thread waits for, whatever it is."""
    if (opened := connection.sock) is not None:
        with suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)
