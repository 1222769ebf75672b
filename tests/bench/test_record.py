"""The file that a run leaves."""

import json
import math
from datetime import UTC, datetime

from bench import record
from bench.record import Circumstances
from bench.row import NoRow, Ratio
from tests.bench.test_row import row

WHEN = Circumstances(
    datetime(2026, 1, 2, 3, 4, tzinfo=UTC), datetime(2026, 1, 2, 3, 9, tzinfo=UTC), (0.1, 0.2, 0.3), (2.0, 1.0, 0.5)
)


def test_every_round_is_in_it_with_machine_versions_and_load() -> None:
    measured = row((10.0, 12.0), (20.0, 20.0), target=Ratio(0.5))
    found = json.loads(record.encode([measured, NoRow("recognition", "peer not installed")], WHEN))
    first, second = found["rows"]
    assert first["ours"] == {"name": "us", "values": [10.0, 12.0], "cpu_us": [100.0, 100.0]}
    assert (first["ratios"], first["target"], first["holds"]) == ([0.5, 0.6], "x >= 0.5", "yes")
    assert second == {"what": "recognition", "missing": "peer not installed"}
    assert (found["load_before"], found["load_after"]) == ([0.1, 0.2, 0.3], [2.0, 1.0, 0.5])
    assert found["machine"]["cpus"] >= 1
    assert set(record.ENGINES) <= set(found["versions"])


def test_what_took_for_ever_is_null() -> None:
    text = record.encode([row((math.inf,), (1.0,), less=True)], WHEN)
    assert json.loads(text)["rows"][0]["ours"]["values"] == [None]
