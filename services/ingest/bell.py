"""Wakes a loop when there may be work, so that it need not ask all the time."""

import asyncio


class Bell:
    """Rung by whoever makes work in this process. Work that others leave behind is found by the poll."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There is work."""
        self._rung.set()

    def silence(self) -> None:
        """Call it before looking for work: what is added after that look rings again."""
        self._rung.clear()

    async def wait(self, timeout_s: float) -> None:
        """Returns when it rings, or after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        except TimeoutError:
            return
