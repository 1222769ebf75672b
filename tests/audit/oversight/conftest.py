"""An OversightService for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.audit.oversight.serving import Oversight, oversight
from tests.engines import Scratch


@pytest.fixture
async def desk(scratch: Scratch, key_folder: Path) -> AsyncIterator[Oversight]:
    async with oversight(scratch, key_folder) as running:
        yield running
