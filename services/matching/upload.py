"""A file that comes in pieces: it is here whole, and is the one that was declared, before anything is done with it.

It is kept in memory, so that no plate lies on a disk, and the room for it is taken when it is declared. Who sends slowly takes
room and nothing else: no lock, no transaction.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.common.errors import Invalid, TooMuch
from services.common.limit import Limit
from services.matching.csv_file import MAX_BYTES
from services.matching.errors import CsvInvalid, UploadAltered, UploadIncomplete

SHA256_BYTES = 32
ROOM_BYTES = 2 * MAX_BYTES
MAX_UPLOADS = 16  # each counts at the door as a call at work, even one that has declared a byte and sends nothing
RETRY_DELAY_S = 10.0


@dataclass(frozen=True, slots=True)
class Declared:
    """What the whole file will be. sha256: 32 bytes."""

    size_bytes: int
    sha256: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.size_bytes < 1:
            raise Invalid("the first message declares the size of the file", field="size_bytes")
        if self.size_bytes > MAX_BYTES:
            raise CsvInvalid("the file is larger than 64 MiB")
        if len(self.sha256) != SHA256_BYTES:
            raise Invalid("the first message declares the SHA-256 of the file, 32 bytes", field="sha256")


class Uploads:
    """Files under way, one of each person.

    room_bytes, most: of all together; within_s: for a whole file; pause_s: between its pieces.
    """

    def __init__(
        self,
        *,
        room_bytes: int = ROOM_BYTES,
        most: int = MAX_UPLOADS,
        within_s: float = 300.0,
        pause_s: float = 30.0,
    ) -> None:
        self._within_s, self._pause_s = within_s, pause_s
        self._of_one = Limit(1, "another upload of this person is under way", retry_delay_s=RETRY_DELAY_S)
        self._files = Limit(most, "too many files are being uploaded", retry_delay_s=RETRY_DELAY_S)
        self._room = Limit(room_bytes, "too many files are being uploaded", retry_delay_s=RETRY_DELAY_S)

    @asynccontextmanager
    async def whole(self, of: Hashable, declared: Declared, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytearray]:
        """The file, kept as long as the block runs. `of`: whose it is.

        Raises UploadIncomplete or UploadAltered when it is not what was declared, TooMuch when it comes too slowly or there is
        no room.
        """
        with self._of_one.held(of), self._files.held(), self._room.held(amount=declared.size_bytes):
            try:
                async with asyncio.timeout(self._within_s):
                    content = await self._gather(declared, pieces)
            except TimeoutError:
                raise TooMuch("the file came too slowly", retry_delay_s=RETRY_DELAY_S) from None
            if len(content) < declared.size_bytes:
                raise UploadIncomplete("the file did not come whole")
            if hashlib.sha256(content).digest() != declared.sha256:
                raise UploadAltered("the file is not the one that the first message declares")
            yield content

    async def _gather(self, declared: Declared, pieces: AsyncIterator[bytes]) -> bytearray:
        content = bytearray()
        while True:
            async with asyncio.timeout(self._pause_s):
                piece = await anext(pieces, None)
            if piece is None:
                return content
            content += piece
            if len(content) > declared.size_bytes:
                raise UploadAltered("the file is larger than its first message declares")
