"""The check that a picture decodes whole, on a bounded pool of threads (the decoders let other threads run)."""

import asyncio
from concurrent.futures import Executor

from services.common import picture
from services.common.raster import Header


class Pictures:
    """`threads` bounds how many pictures are decoded at once, and so the memory that takes."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads

    async def verify(self, content: bytes) -> Header:
        """Decodes the whole picture and forgets the pixels. Raises PictureUnreadable or PictureTooLarge."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, picture.verify, content)
