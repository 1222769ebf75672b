"""A whole suite for the tests of this folder, with the stand-in engine that reads markers: real processes, real engines."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc
import pytest
import pytest_asyncio

from services.local import supervisor
from services.local.desk import Desk
from services.local.options import Options
from services.local.supervisor import Suite


@dataclass(frozen=True, slots=True)
class Town:
    """A running suite, and a desk at its gateway."""

    suite: Suite
    channel: grpc.aio.Channel
    desk: Desk


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """`anpr up` for one test module."""
    data = tmp_path_factory.mktemp("suite") / "data"
    async with supervisor.running(data, Options(engine="standin")) as suite:
        options = [("grpc.min_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
        async with grpc.aio.insecure_channel(suite.instance.gateway, options=options) as channel:
            yield Town(suite, channel, Desk(channel))
