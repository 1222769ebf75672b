"""What entries say, opened by an auditor, beside the ledger of queries."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.audit import entry
from services.common import ids
from services.reconcile.opened import RPCS, Opener
from tests.audit.test_server import AUDITOR
from tests.matching.builders import ZONE, read
from tests.reconcile.conftest import LOOKUP, Region

pytestmark = pytest.mark.postgres
RPC = RPCS["lookup_plate"]


async def opened(region: Region) -> list[str]:
    region.clock.ahead_s += 120
    opener = Opener(region.audit.channel, AUDITOR.metadata(), "COC/2026/0117")
    return sorted(finding.kind for finding in await region.reconciler.open(opener, 1))


async def logged(region: Region, plate: str, **answer: Any) -> UUID:
    """An intent and its outcome."""
    intent = ids.uuid7()
    asked = entry.Content(rpc=RPC, plate=plate, actor="p4711")
    told = entry.Content(rpc=RPC, plate=plate, actor="p4711", status="OK", **answer)
    await region.audit.parts.log.append([entry.Entry(intent, entry.INTENT, None, "matching", asked)])
    await region.audit.parts.log.append([entry.Entry(ids.uuid7(), entry.OUTCOME, intent, "matching", told)])
    return intent


async def test_honest_look_ups_agree(region: Region) -> None:
    await region.matching.record(read("1ABC123"), read("1ABC123"))
    for plate in ("1ABC123", "1-ABC-123", "1XYZ987"):
        await region.lookup(plate)
    assert await opened(region) == []


async def test_a_result_that_came_from_elsewhere_is_found(region: Region) -> None:
    await logged(region, "1ABC123", result_count=2)
    assert await opened(region) == ["result-without-row"]


async def test_another_number_of_results_is_found(region: Region) -> None:
    await region.lookup()
    region.as_superuser("UPDATE matching.query_ledger SET row_count = 7")
    assert await opened(region) == ["count-differs"]


async def test_another_plate_than_the_intent_names_is_found(region: Region) -> None:
    intent = await logged(region, "1ABC123")
    with region.scratch.connect("matching_reader") as connection:
        connection.execute(LOOKUP, (intent, uuid4(), ZONE, "1XYZ987"))
    assert await region.looks() == []  # nothing but the open entry tells
    assert await opened(region) == ["plate-differs"]
