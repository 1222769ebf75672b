"""The counting itself: a made-up run in which all is well is equal, and each thing that may go wrong is noticed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos import counting
from tests.chaos.records import Alert, Answer, Entry, Found, Frame, LedgerRow, Remembered, Result, Sent, Sighting

LOOKUP = Answer("LookupPlate", "i1", "o1", "note i1", "note o1", 2, "d1")
BATCH = Answer("WatchAlerts", "i2", "o2", "note i2", "note o2", 2, "d2")
PASSAGES = (("manual", "cam", 1, "2ABC123"), ("manual", "cam", 2, "2ABC123"))

REMEMBERED = Remembered(
    sent=(
        Sent("cam", 1, "f1", "", ("2ABC123", "2XYZ789")),
        Sent("cam", 2, "f2", "", ("2ABC123",)),
        Sent("cam", 3, "f3", "", ("",)),
    ),
    listed=frozenset({("manual", "2ABC123")}),
    received=(Alert(1, "a1", PASSAGES[0]), Alert(1, "a1", PASSAGES[0]), Alert(2, "a2", PASSAGES[1])),
    answers=(LOOKUP, BATCH),
    heads=("head 1", "head 2"),
    internal_errors=(),
)
FOUND = Found(
    frames=tuple(Frame(f"f{n}", "cam", n, "done") for n in (1, 2, 3)),
    results=(
        Result("f1", (("r1", "2ABC123"), ("r2", "2XYZ789"))),
        Result("f2", (("r3", "2ABC123"),)),
        Result("f3", (("r4", ""),)),
    ),
    sightings=(
        Sighting("r1", "cam", 1, "2ABC123", 3),
        Sighting("r2", "cam", 1, "2XYZ789", 3),
        Sighting("r3", "cam", 2, "2ABC123", 7),
        Sighting("r4", "cam", 3, "", 7),
    ),
    alerts=((1, "a1"), (2, "a2")),
    alert_position=2,
    listed_from={("manual", "2ABC123"): 5},
    ledger=(LedgerRow("i1", "lookup_plate", 2), LedgerRow("i2", "alerts_between", 2)),
    entries=(
        Entry(0, "i1", "intent", "", "LookupPlate", "", 0, ""),
        Entry(1, "o1", "outcome", "i1", "LookupPlate", "OK", 2, "d1"),
        Entry(2, "i2", "intent", "", "WatchAlerts", "", 0, ""),
        Entry(3, "o2", "outcome", "i2", "WatchAlerts", "OK", 2, "d2"),
    ),
    leaves=("i1", "o1", "i2", "o2"),
    broken=(),
    prefixes=("head 1", "head 2"),
    kept_promises=("note i1", "note o1", "note i2", "note o2"),
    evidence=("f1", "f2", "f3"),
    leaks=(),
    faults=(),
)


def _unequal(remembered: Remembered, found: Found) -> set[str]:
    rows = counting.count(remembered, found, exact_engine=True)
    return {row.what.strip() for row in rows if not row.is_equal}


def test_a_run_in_which_all_is_well_is_equal() -> None:
    assert _unequal(REMEMBERED, FOUND) == set()


def _without(found: Found, field: str, number: int) -> Found:
    values = list(getattr(found, field))
    del values[number]
    changed: dict[str, Any] = {field: tuple(values)}
    return replace(found, **changed)


LOSSES: dict[str, tuple[Callable[[], Found], str]] = {
    "a frame is lost": (lambda: _without(FOUND, "frames", 0), "frames acknowledged = in ingest"),
    "a frame has another id than its camera was told": (
        lambda: replace(FOUND, frames=(Frame("f9", "cam", 1, "done"), *FOUND.frames[1:])),
        "frames acknowledged = in ingest",
    ),
    "a frame is not done": (
        lambda: replace(FOUND, frames=(Frame("f1", "cam", 1, "read"), *FOUND.frames[1:])),
        "frames = done, with one result",
    ),
    "a result is missing": (lambda: _without(FOUND, "results", 2), "frames = done, with one result"),
    "a frame has two results": (
        lambda: replace(FOUND, results=(*FOUND.results, FOUND.results[2])),
        "frames = done, with one result",
    ),
    "a plate is read as another": (
        lambda: replace(FOUND, results=(*FOUND.results[:2], Result("f3", (("r4", "2AAA111"),)))),
        "plates on the frames = reads",
    ),
    "a sighting is lost": (lambda: _without(FOUND, "sightings", 1), "reads committed = in one sighting"),
    "a read is in two sightings": (
        lambda: replace(FOUND, sightings=(*FOUND.sightings, FOUND.sightings[1])),
        "reads committed = in one sighting",
    ),
    "a position was given to nobody": (
        lambda: replace(FOUND, alert_position=3),
        "positions given = positions received",
    ),
    "an alert is stored that nobody got": (
        lambda: replace(FOUND, alerts=(*FOUND.alerts, (3, "a3"))),
        "alerts stored = alerts received",
    ),
    "an outcome is missing": (lambda: _without(FOUND, "entries", 1), "answers given = intent and outcome in the log"),
    "an intent is missing": (
        lambda: _without(FOUND, "entries", 0),
        "rows of the query ledger = with intent in the log",
    ),
    "an outcome says other results": (
        lambda: replace(FOUND, entries=(FOUND.entries[0], replace(FOUND.entries[1], digest="d9"), *FOUND.entries[2:])),
        "answers given = intent and outcome in the log",
    ),
    "a row of the ledger is missing": (
        lambda: _without(FOUND, "ledger", 0),
        "look-ups answered = rows of the query ledger",
    ),
    "a row of the ledger says another count": (
        lambda: replace(FOUND, ledger=(LedgerRow("i1", "lookup_plate", 1), FOUND.ledger[1])),
        "look-ups answered = rows of the query ledger",
    ),
    "a batch has no row of the ledger": (
        lambda: _without(FOUND, "ledger", 1),
        "batches disclosed = rows of the query ledger",
    ),
    "a row of the ledger has no intent": (
        lambda: replace(FOUND, ledger=(*FOUND.ledger, LedgerRow("i7", "lookup_plate", 0))),
        "rows of the query ledger = with intent in the log",
    ),
    "an entry cannot be read": (
        lambda: replace(FOUND, leaves=("x", *FOUND.leaves[1:])),
        "leaves of the log = entries read",
    ),
    "the log does not verify": (lambda: replace(FOUND, broken=("7 another root",)), "what does not hold in the log"),
    "the log was rewritten": (lambda: _without(FOUND, "prefixes", 0), "heads seen on the way = prefixes"),
    "a receipt was not kept": (lambda: _without(FOUND, "kept_promises", 3), "receipts = kept promises"),
    "evidence is gone": (lambda: _without(FOUND, "evidence", 0), "evidence under lock, and as sent"),
    "a plate is in a log file": (
        lambda: replace(FOUND, leaks=("ingest.log: 2ABC123",)),
        "plates and persons in log files",
    ),
    "a service failed": (
        lambda: replace(FOUND, faults=("ingest: call.failed",)),
        "internal errors, answered or logged",
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_what_goes_wrong_in_the_suite_is_noticed(name: str) -> None:
    found, what = LOSSES[name]
    assert what in _unequal(REMEMBERED, found())


def test_an_alert_that_did_not_come_is_noticed() -> None:
    unequal = _unequal(replace(REMEMBERED, received=REMEMBERED.received[:2]), FOUND)
    assert {"wanted passages = alerts received", "positions given = positions received"} <= unequal


def test_an_alert_that_came_under_two_positions_is_noticed() -> None:
    twice = (*REMEMBERED.received, Alert(3, "a3", PASSAGES[1]))
    assert "wanted passages = alerts received" in _unequal(replace(REMEMBERED, received=twice), FOUND)


def test_a_position_that_came_with_two_alerts_is_noticed() -> None:
    other = (*REMEMBERED.received, Alert(2, "a9", PASSAGES[1]))
    assert _unequal(replace(REMEMBERED, received=other), FOUND) == {"positions received with two alerts"}


def test_a_hit_that_only_the_sweeper_can_find_is_counted_apart() -> None:
    """The first passage was recorded at version 3, its plate listed from version 5 on."""
    unequal = _unequal(replace(REMEMBERED, received=REMEMBERED.received[2:]), FOUND)
    assert "those of them found by the sweeper" in unequal
    assert "those of them found by the sweeper" not in _unequal(
        replace(REMEMBERED, received=REMEMBERED.received[:2]), FOUND
    )


def test_a_frame_without_an_answer_is_noticed() -> None:
    sent = (*REMEMBERED.sent, Sent("cam", 4, "", "SEQUENCE_REUSED", ("2DDD444",)))
    assert "frames refused or unanswered" in _unequal(replace(REMEMBERED, sent=sent), FOUND)


def test_an_internal_error_that_somebody_was_told_is_noticed() -> None:
    assert _unequal(replace(REMEMBERED, internal_errors=("LookupPlate INTERNAL",)), FOUND) == {
        "internal errors, answered or logged"
    }


def test_what_an_engine_misreads_is_no_loss_of_the_suite() -> None:
    misread = replace(
        FOUND,
        results=(Result("f1", (("r1", "2ABC123"),)), *FOUND.results[1:]),
        sightings=(FOUND.sightings[0], *FOUND.sightings[2:]),
    )
    assert all(row.is_equal for row in counting.count(REMEMBERED, misread, exact_engine=False))
