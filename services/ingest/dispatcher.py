"""Moves acknowledged frames on: read them, then hand their reads to matching.

Two stages with the database between them, so that each can fail, wait and resume without the other. At least once within,
exactly once in effect: see reading.py and sending.py for what a kill at each step leaves.
"""

import asyncio

from services.ingest.reading import Reading
from services.ingest.sending import Sending


class Dispatcher:
    """Both stages and the renewal of what they hold, as one endless task."""

    def __init__(self, reading: Reading, sending: Sending) -> None:
        self._reading, self._sending = reading, sending

    async def run(self) -> None:
        """Runs until it is cancelled, or until a stage dies of a fault of ours: then the process should, too."""
        async with asyncio.TaskGroup() as tasks:
            for stage in (self._reading.run, self._sending.run, self._reading.lease.run, self._sending.lease.run):
                tasks.create_task(stage())
