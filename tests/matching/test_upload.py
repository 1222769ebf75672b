"""Files that come in pieces: whole and as declared, or not at all."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis.strategies import binary, lists

from services.common.errors import Invalid, TooMuch
from services.matching.csv_file import MAX_BYTES
from services.matching.errors import CsvInvalid, UploadAltered, UploadIncomplete
from services.matching.upload import Declared, Uploads

ME, YOU = ("terminal-7", "p4711"), ("terminal-7", "p0815")


def _declared(content: bytes) -> Declared:
    return Declared(len(content), hashlib.sha256(content).digest())


async def _pieces(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _endless(begun: asyncio.Event | None = None) -> AsyncIterator[bytes]:
    yield b"1"
    if begun:
        begun.set()
    await asyncio.Event().wait()


async def _take(uploads: Uploads, declared: Declared, pieces: AsyncIterator[bytes], of: object = ME) -> bytes:
    async with uploads.whole(of, declared, pieces) as content:
        return bytes(content)


@given(pieces=lists(binary(max_size=8), max_size=8))
def test_a_file_is_its_pieces_however_it_is_cut(pieces: list[bytes]) -> None:
    whole = b"".join(pieces) + b"\n"
    assert asyncio.run(_take(Uploads(), _declared(whole), _pieces([*pieces, b"\n"]))) == whole


@pytest.mark.parametrize(
    ("pieces", "refusal"),
    [
        ([], UploadIncomplete),
        ([b""], UploadIncomplete),
        ([b"1234"], UploadIncomplete),
        ([b"1234", b"6"], UploadAltered),
        ([b"12345", b"6"], UploadAltered),
        ([b"123456789"], UploadAltered),
    ],
    ids=["none", "empty", "short", "another", "long", "long at once"],
)
async def test_what_is_not_as_declared_is_refused(pieces: list[bytes], refusal: type[Invalid]) -> None:
    uploads = Uploads()
    with pytest.raises(refusal):
        await _take(uploads, _declared(b"12345"), _pieces(pieces))
    assert await _take(uploads, _declared(b"12345"), _pieces([b"12345"])) == b"12345", "the room was not given back"


@pytest.mark.parametrize(
    ("size_bytes", "sha256", "refusal"),
    [
        (0, bytes(32), Invalid),
        (-1, bytes(32), Invalid),
        (1, b"", Invalid),
        (1, bytes(31), Invalid),
        (1, bytes(33), Invalid),
        (MAX_BYTES + 1, bytes(32), CsvInvalid),
        (2**63 - 1, bytes(32), CsvInvalid),
    ],
)
def test_what_cannot_be_is_not_waited_for(size_bytes: int, sha256: bytes, refusal: type[Invalid]) -> None:
    with pytest.raises(refusal):
        Declared(size_bytes, sha256)


@pytest.mark.parametrize("uploads", [Uploads(within_s=0.05), Uploads(pause_s=0.05)])
async def test_who_is_too_slow_is_told_to_come_again(uploads: Uploads) -> None:
    with pytest.raises(TooMuch) as refused:
        await _take(uploads, _declared(b"12345"), _endless())
    assert refused.value.retry_delay_s


async def test_the_room_is_taken_when_it_is_declared_and_given_back_at_the_end() -> None:
    uploads, begun = Uploads(room_bytes=10), asyncio.Event()
    first = asyncio.create_task(_take(uploads, Declared(6, bytes(32)), _endless(begun)))
    await begun.wait()
    with pytest.raises(TooMuch):
        await _take(uploads, _declared(b"1"), _pieces([b"1"]))  # one of a person
    with pytest.raises(TooMuch) as refused:
        await _take(uploads, _declared(b"12345"), _pieces([b"12345"]), YOU)
    assert refused.value.retry_delay_s
    assert await _take(uploads, _declared(b"1234"), _pieces([b"1234"]), YOU) == b"1234"
    first.cancel()
    await asyncio.wait({first})
    assert await _take(uploads, _declared(b"1234567890"), _pieces([b"1234567890"])) == b"1234567890"


async def test_small_ones_are_no_more_than_a_few_at_once() -> None:
    """Else those who declare a byte and send none would take all places of the calls at work."""
    uploads, begun = Uploads(most=1), asyncio.Event()
    first = asyncio.create_task(_take(uploads, Declared(2, bytes(32)), _endless(begun)))
    await begun.wait()
    with pytest.raises(TooMuch):
        await _take(uploads, _declared(b"1"), _pieces([b"1"]), YOU)
    first.cancel()
    await asyncio.wait({first})
    assert await _take(uploads, _declared(b"1"), _pieces([b"1"]), YOU) == b"1"
