"""What is measured of alerts, lists and the sweeper."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from services.common import database
from services.matching.store.alerts import SweepStore
from services.matching.upkeep import Surveyor
from tests.engines import Scratch
from tests.matching.builders import read
from tests.matching.conftest import Matching

pytestmark = pytest.mark.postgres
PLATE = "1ABC123"


def measured(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"anpr_matching_{name}", labels) or 0.0


async def test_how_far_alerts_lists_and_the_sweeper_are_is_measured(scratch: Scratch, matching: Matching) -> None:
    recorded, swept = measured("sightings_recorded_total"), measured("alerts_raised_total", by="sweeping")
    async with database.connect(scratch.dsn("matching_writer"), scratch.password("matching_writer")) as writer:
        surveyor = Surveyor(SweepStore(writer), timedelta(hours=1))
        await matching.create()
        await matching.record(read(PLATE), read("9ZZZ999"))
        await matching.add(PLATE)
        await surveyor.survey()
        assert (measured("sweep_behind_batches"), measured("alert_position")) == (1, 0)
        await matching.sweeper.sweep()
        await surveyor.survey()
        assert (measured("sweep_behind_batches"), measured("alert_position")) == (0, 1)
        assert measured("list_version") == matching.rows("SELECT version::int FROM matching.hotlist_head")[0][0]
    assert measured("sightings_recorded_total") == recorded + 2
    assert measured("alerts_raised_total", by="sweeping") == swept + 1
