"""Holds what was promised against what is there. Pure: everything is compared as multisets, so that one too many shows as well.

What must hold at the end of a run, whatever was killed in it:
1. Each frame that a camera has an acknowledgement of is in ingest under that id, and no other is there.
2. No frame was refused or left without an answer.
3. Each frame is done and has exactly one committed result.
4. The committed reads say what was on the frames (of an engine that makes no mistakes).
5. Each committed read is in exactly one sighting, and nothing else is.
6. Each passage of a listed plate is exactly one alert at the subscriber, 7. those included that a later change of a list found.
8. Positions of alerts have no gap, and 9. a repeated position is the same alert. 10. The subscriber has all alerts there are.
11. Each answer that was given has its intent and its outcome in the log, with the same results.
12. Each look-up that the log calls answered has one row in the query ledger, and 13. so has each batch of alerts.
14. No row of the query ledger is without its intent in the log.
15. What the auditor reads are the leaves of the log. 16. The log verifies, and 17. has grown from each head seen on the way.
18. Each receipt is signed, and its entry is at the promised place.
19. Each frame's evidence is under lock and is what the camera sent.
20. No plate and no person is in a log file. 21. Nothing answered or logged an internal error.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from tests.chaos.records import Alert, Answer, Entry, Found, Remembered

EXAMPLES = 3
ALERTS, LOOKUP = "alerts_between", "lookup_plate"
WATCH_RPC, LOOKUP_RPC = "WatchAlerts", "LookupPlate"
Key = Hashable


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. lost: promised and not there; extra: there and not promised; examples of both, for a person."""

    what: str
    expected: int
    found: int
    lost: int = 0
    extra: int = 0
    examples: str = ""

    @property
    def is_equal(self) -> bool:
        return self.lost == self.extra == 0


def compare(what: str, expected: Iterable[Key], found: Iterable[Key]) -> Row:
    """Two multisets."""
    wanted, given = Counter(list(expected)), Counter(list(found))  # a Counter takes a mapping for counts
    lost, extra = wanted - given, given - wanted
    some = [f"lost {one}" for one in list(lost)[:EXAMPLES]] + [f"extra {one}" for one in list(extra)[:EXAMPLES]]
    return Row(what, wanted.total(), given.total(), lost.total(), extra.total(), "; ".join(some))


def count(remembered: Remembered, found: Found, *, exact_engine: bool) -> tuple[Row, ...]:
    """The table of a run. exact_engine: the engine reads what is on a frame, always."""
    return (
        *_frames(remembered, found, exact_engine=exact_engine),
        *_alerts(remembered, found, exact_engine=exact_engine),
        *_answers(remembered, found),
        *_log(remembered, found),
        compare("evidence under lock, and as sent", [frame.frame_id for frame in found.frames], found.evidence),
        compare("plates and persons in log files", [], found.leaks),
        compare("internal errors, answered or logged", [], (*remembered.internal_errors, *found.faults)),
    )


def _frames(remembered: Remembered, found: Found, *, exact_engine: bool) -> Iterable[Row]:
    acknowledged = [(one.camera_id, one.sequence, one.frame_id) for one in remembered.sent if one.frame_id]
    yield compare(
        "frames acknowledged = in ingest",
        acknowledged,
        [(frame.camera_id, frame.sequence, frame.frame_id) for frame in found.frames],
    )
    unanswered = [(one.camera_id, one.sequence, one.refused) for one in remembered.sent if not one.frame_id]
    yield compare("frames refused or unanswered", [], unanswered)
    done = {frame.frame_id for frame in found.frames if frame.state == "done"}
    yield compare(
        "frames = done, with one result",
        [frame_id for _, _, frame_id in acknowledged],
        [result.frame_id for result in found.results if result.frame_id in done],
    )
    if exact_engine:
        names = {frame.frame_id: (frame.camera_id, frame.sequence) for frame in found.frames}
        yield compare(
            "plates on the frames = reads",
            [(one.camera_id, one.sequence, text) for one in remembered.sent for text in one.texts],
            [(*names.get(result.frame_id, ()), text) for result in found.results for _, text in result.reads],
        )
    yield compare(
        "reads committed = in one sighting",
        [(read_id, text) for result in found.results for read_id, text in result.reads],
        [(sighting.read_id, sighting.text) for sighting in found.sightings],
    )


def _alerts(remembered: Remembered, found: Found, *, exact_engine: bool) -> Iterable[Row]:
    first: dict[int, Alert] = {}
    for alert in remembered.received:
        first.setdefault(alert.position, alert)
    drawn = [(one.camera_id, one.sequence, text) for one in remembered.sent if one.frame_id for text in one.texts]
    read = [(sighting.camera_id, sighting.sequence, sighting.text) for sighting in found.sightings]
    wanted = [
        (hotlist, camera_id, sequence, text)
        for camera_id, sequence, text in (drawn if exact_engine else read)
        for hotlist in remembered.lists_of(text)
    ]
    yield compare("wanted passages = alerts received", wanted, [alert.passage for alert in first.values()])
    later = [
        (hotlist, sighting.camera_id, sighting.sequence, sighting.text)
        for sighting in found.sightings
        for hotlist in remembered.lists_of(sighting.text)
        if sighting.list_version < found.listed_from.get((hotlist, sighting.text), 0)
    ]
    is_later = set(later)
    yield compare(
        "  those of them found by the sweeper",
        later,
        [alert.passage for alert in first.values() if alert.passage in is_later],
    )
    yield compare("positions given = positions received", range(1, found.alert_position + 1), first)
    changed = [alert.position for alert in remembered.received if alert != first[alert.position]]
    yield compare("positions received with two alerts", [], changed)
    yield compare(
        "alerts stored = alerts received", found.alerts, [(one.position, one.alert_id) for one in first.values()]
    )


def _answers(remembered: Remembered, found: Found) -> Iterable[Row]:
    intents = {entry.id: entry for entry in found.entries if entry.kind == "intent"}
    outcomes = [entry for entry in found.entries if entry.kind == "outcome" and entry.status == "OK"]
    given = {answer.outcome_id for answer in remembered.answers}
    logged = [_as_answer(entry) for entry in outcomes if entry.id in given and _answers_intent(entry, intents)]
    yield compare("answers given = intent and outcome in the log", map(_bare, remembered.answers), logged)
    lookups = [(one.ref, one.count) for one in outcomes if one.rpc == LOOKUP_RPC]
    answered = {ref for ref, _ in lookups}
    rows = [
        (row.intent_id, row.row_count) for row in found.ledger if row.function == LOOKUP and row.intent_id in answered
    ]
    yield compare("look-ups answered = rows of the query ledger", lookups, rows)
    batches = Counter((one.ref, one.count) for one in outcomes if one.rpc == WATCH_RPC and one.count)
    disclosed = Counter((row.intent_id, row.row_count) for row in found.ledger if row.function == ALERTS)
    # A batch may have been read and not disclosed: its row has an intent, and no outcome.
    yield compare("batches disclosed = rows of the query ledger", batches.elements(), (batches & disclosed).elements())
    rpcs = {ALERTS: WATCH_RPC, LOOKUP: LOOKUP_RPC}
    ledger = [(row.intent_id, row.function) for row in found.ledger]
    meant = [
        (intent, function) for intent, function in ledger if intent in intents and intents[intent].rpc == rpcs[function]
    ]
    yield compare("rows of the query ledger = with intent in the log", ledger, meant)


def _answers_intent(outcome: Entry, intents: dict[str, Entry]) -> bool:
    intent = intents.get(outcome.ref)
    return intent is not None and intent.rpc == outcome.rpc and intent.index < outcome.index


def _as_answer(entry: Entry) -> tuple[Key, ...]:
    return entry.rpc, entry.ref, entry.id, entry.count, entry.digest


def _bare(answer: Answer) -> tuple[Key, ...]:
    return answer.rpc, answer.intent_id, answer.outcome_id, answer.count, answer.digest


def _log(remembered: Remembered, found: Found) -> Iterable[Row]:
    read = [entry.id for entry in found.entries if entry.index < len(found.leaves)]
    yield compare("leaves of the log = entries read", found.leaves, read)
    yield compare("what does not hold in the log", [], found.broken)
    yield compare("heads seen on the way = prefixes", remembered.heads, found.prefixes)
    promised = [note for answer in remembered.answers for note in (answer.intent_note, answer.outcome_note)]
    yield compare("receipts = kept promises", promised, found.kept_promises)
