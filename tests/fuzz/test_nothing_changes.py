"""A request that is refused has changed nothing: matching as it runs, on a real database."""

from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any

import grpc
import pytest

from tests.common.ledgers import MemoryLedger
from tests.engines import Scratch
from tests.fuzz import contract, samples, structure
from tests.matching.builders import officer
from tests.matching.conftest import Matching, running

WRITES = ("AddEntries", "CreateHotlist", "RemoveEntries", "RecordSightings", "ImportEntries")
METHODS = {method.name: method for method in contract.methods() if contract.server(method) == "matching"}
CONTENT = """
    SELECT (SELECT count(*) FROM matching.hotlist), (SELECT count(*) FROM matching.hotlist_entry),
        (SELECT count(*) FROM matching.hotlist_entry WHERE removed_version IS NULL), (SELECT count(*) FROM matching.sighting),
        (SELECT count(*) FROM matching.alert), (SELECT version FROM matching.hotlist_head)
"""


@pytest.fixture
async def matching(fresh_database: Callable[[str], Scratch]) -> AsyncIterator[Matching]:
    async with running(fresh_database("matching"), MemoryLedger()) as found:
        yield found


@pytest.mark.postgres
async def test_what_is_refused_has_changed_nothing(matching: Matching) -> None:
    for number in range(4):
        await matching.acting_as(officer(samples.ZONE)).create(f"fuzz-{number}", zone=samples.ZONE)
    refused = 0
    with matching.scratch.connect() as connection:
        for number in range(120):
            dice = Random(f"change:{number}")
            method = METHODS[dice.choice(WRITES)]
            content = structure.mutate(dice, samples.request(dice, method, number))
            before = connection.execute(CONTENT.encode()).fetchone()
            word = await _send(matching, method, content)
            assert word not in ("INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED"), number
            if word != "OK":
                refused += 1
                assert connection.execute(CONTENT.encode()).fetchone() == before, (number, word)
            connection.rollback()
    assert 30 < refused < 120


async def _send(matching: Matching, method: Any, content: bytes) -> str:
    roles = frozenset({"hotlist_manager", "service"})
    who = matching.caller.__class__("desk", "p1", "u", samples.ZONE, roles)
    call: Any = matching.channel.unary_unary(contract.path(method))
    try:
        await call(content, metadata=who.metadata(), timeout=20)
    except grpc.aio.AioRpcError as failure:
        return str(failure.code().name)
    return "OK"
