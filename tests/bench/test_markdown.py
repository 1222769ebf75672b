"""The table for the README, from the file of a run."""

import json
import math

from bench import markdown, record
from bench.row import NoRow, Ratio, Row
from tests.bench.test_record import WHEN
from tests.bench.test_row import row


def test_a_recorded_run_becomes_a_table() -> None:
    rows: list[Row | NoRow] = [
        row((10.0, 12.0, 11.0), (20.0, 20.0, 20.0), target=Ratio(0.9)),
        NoRow("recognition", "peer not installed"),
    ]
    *_, first, second = markdown.lines(json.loads(record.encode(rows, WHEN)))
    assert first == (
        "| what, 1/s | 11.0 (10.0 to 12.0), 100 us | them: 20.0 (20.0 to 20.0), 100 us | 0.55 | x >= 0.9 | NO |"
    )
    assert second == "| recognition | peer not installed |  |  |  |  |"


def test_what_took_for_ever_is_shown_as_that() -> None:
    *_, only = markdown.lines(json.loads(record.encode([row((math.inf,), (1.0,), less=True)], WHEN)))
    assert "inf (inf to inf)" in only
