"""Ingest on real engines: a fresh database per test, one object store per session."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from services.common import database
from services.common.database import Database
from services.local import seaweedfs
from tests.engines import Scratch
from tests.ingest.parts import Parts, threads


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweedfs.Server]:
    """The session's object store."""
    server = seaweedfs.start(tmp_path_factory.mktemp("s3"))
    yield server
    seaweedfs.stop(server)


@pytest.fixture
def scratch(fresh_database: Callable[[str], Scratch]) -> Scratch:
    """This test's database."""
    return fresh_database("ingest")


@pytest.fixture
async def pool(scratch: Scratch) -> AsyncIterator[Database]:
    """This test's database, as the service sees it."""
    password = scratch.password("ingest_writer")
    async with database.connect(scratch.dsn("ingest_writer"), password, connections=8) as opened:
        yield opened


@pytest.fixture
def parts(pool: Database, s3: seaweedfs.Server) -> Iterator[Parts]:
    """The parts of the service, on both engines."""
    with threads() as pools:
        yield Parts(pool, s3.store, pools)
