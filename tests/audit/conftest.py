"""A log for each test that asks for one."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.audit.logs import Parts, replica
from tests.engines import Scratch


@pytest.fixture
def scratch(fresh_database: Callable[[str], Scratch]) -> Scratch:
    """A migrated, empty database of audit."""
    return fresh_database("audit")


@pytest.fixture
def key_folder(tmp_path: Path) -> Path:
    """Where replicas of one test keep the keys of epochs."""
    folder = tmp_path / "epochs"
    folder.mkdir()
    return folder


@pytest.fixture
async def parts(scratch: Scratch, key_folder: Path) -> AsyncIterator[Parts]:
    """One replica."""
    async with replica(scratch, key_folder) as running:
        yield running
