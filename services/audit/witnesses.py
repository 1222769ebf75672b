"""The log's witnesses, asked over HTTP (C2SP tlog-witness)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import urllib3

from services.audit import checkpoint
from services.common import note
from services.common.errors import Unavailable
from services.common.note import COSIGNATURE, NoteInvalid, Signature, VerifierKey

DEADLINE_S = 5.0
MAX_ANSWER_BYTES = 64 * 1024
SIZE = "text/x.tlog.size"


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
        if not one.url.startswith(("http://", "https://")) or one.key.algorithm != COSIGNATURE:
            raise NoteInvalid("a witness has an http or https address and a key for cosignatures")
    if len({one.key.name for one in found}) != len(found):
        raise NoteInvalid("two witnesses have one name")
    return found


class WitnessClient:
    """One witness."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._pool = urllib3.PoolManager(timeout=DEADLINE_S, retries=False, maxsize=2)

    @property
    def name(self) -> str:
        """Name of its key."""
        return self._address.key.name

    async def cosign(self, old_size: int, proof: Sequence[bytes], signed: str) -> Signature:
        """Its line for a head. Raises WitnessRefused, and WitnessSilent also for a line that does not verify."""
        lines = [f"old {old_size}", *map(note.encode_base64, proof)]
        body = ("\n".join(lines) + "\n\n" + signed).encode()
        status, kind, text = await self._ask("POST", "/add-checkpoint", body)
        if status == 409 and kind == SIZE and checkpoint.SIZE.fullmatch(text.strip()):
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
        def ask() -> tuple[int, str, str]:
            answer = self._pool.request(
                method, self._address.url + path, body=body, preload_content=False, redirect=False
            )
            try:
                data = answer.read(MAX_ANSWER_BYTES)
            finally:
                answer.release_conn()
            return answer.status, answer.headers.get("Content-Type", ""), data.decode()

        try:
            async with asyncio.timeout(DEADLINE_S + 1):
                return await asyncio.to_thread(ask)
        except (urllib3.exceptions.HTTPError, OSError, TimeoutError, UnicodeDecodeError) as cause:
            raise WitnessSilent("the witness does not answer") from cause
