"""Files of those who are killed, and log files, are read as they are."""

import json
from pathlib import Path

from tests.chaos import journals, records
from tests.chaos.records import Alert, Answer, Received

ANSWER = Answer("WatchAlerts", "i", "o", "in", "on", 1, "d")
ALERT = Alert(1, "a", ("list", "cam", 1, "2ABC123"))


def test_what_the_subscriber_wrote_is_read_without_the_line_that_a_kill_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    with path.open("w") as file:
        records.write_line(file, "batch", records.encode_batch(ANSWER, [ALERT]))
        records.write_line(file, "refused", {"words": "UNAVAILABLE", "is_fault": False})
        records.write_line(file, "refused", {"words": "INTERNAL", "is_fault": True})
        file.write('{"kind": "batch", "ans')
    assert records.read_received(path) == Received((ALERT,), (ANSWER,), 2, ("INTERNAL",), has_begun=False)


def test_a_word_in_a_log_file_is_found_long_ones_within_others_too(tmp_path: Path) -> None:
    (tmp_path / "ingest.log").write_text("x2ABC123x AB1 cAB12\n")
    assert journals.leaks(tmp_path, ["2ABC123", "AB1", "AB12", ""]) == ("ingest.log: 2ABC123", "ingest.log: AB1")


def test_internal_errors_are_told_from_what_a_kill_does(tmp_path: Path) -> None:
    events = [
        {"event": "serving", "level": "info"},
        {"event": "matching.failed", "code": "UNAVAILABLE", "level": "warning"},
        {"event": "died", "level": "critical", "exception": [{"exc_type": "StoreUnavailable", "exc_value": ""}]},
        {"event": "died", "level": "critical", "exception": [{"exc_type": "KeyError", "exc_value": ""}]},
        {"event": "call.failed", "level": "error", "exception": [{"exc_type": "StoreFault", "exc_value": ""}]},
        {"event": "matching.failed", "code": "INTERNAL", "level": "warning"},
    ]
    lines = [json.dumps(event) for event in events]
    (tmp_path / "matching.log").write_text("\n".join([*lines, "Traceback (most recent call last):", ""]))
    assert journals.faults(tmp_path) == (
        "matching: died KeyError",
        "matching: call.failed StoreFault",
        "matching: matching.failed INTERNAL",
        "matching: Traceback (most recent call last):",
    )
