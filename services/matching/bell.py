"""Wakes watchers when alerts were raised, by this process or another. A ring that is lost costs time only: they look anyway."""

import asyncio

import psycopg
import structlog
from psycopg import AsyncConnection, sql

from services.common.database import lively
from services.matching.store.alerts import CHANNEL

log = structlog.get_logger()

RETRY_S = 1.0
CONNECT_TIMEOUT_S = 5


class Bell:
    """`heard` counts the rings. Read it before looking for alerts, and wait for the next one with what was read."""

    def __init__(self, dsn: str, password: str) -> None:
        self._dsn, self._password = dsn, password
        self._rung = asyncio.Event()
        self.heard = 0

    async def wait(self, heard: int, timeout_s: float) -> None:
        """Returns when it rang since `heard` was read, or after `timeout_s`."""
        rung = self._rung
        if self.heard == heard:
            try:
                async with asyncio.timeout(timeout_s):
                    await rung.wait()
            except TimeoutError:
                return

    async def run(self) -> None:
        """Listens to the database for ever, on a connection of its own."""
        while True:
            try:
                await self._listen()
            except psycopg.Error as trouble:
                log.warning("bell.lost", state=trouble.sqlstate or "")
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        connection = await AsyncConnection.connect(
            lively(self._dsn), password=self._password, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True
        )
        async with connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            self._ring()
            async for _ in connection.notifies():
                self._ring()

    def _ring(self) -> None:
        self.heard += 1
        self._rung.set()
        self._rung = asyncio.Event()
