"""What a run remembers on the side of those who use the suite, and what is found in the suite at the end."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Passage = tuple[str, str, int, str]  # hotlist, camera, sequence, plate


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame as its camera knows it. frame_id: from the acknowledgement, empty without one; texts: plates, "" for none."""

    camera_id: str
    sequence: int
    frame_id: str
    refused: str
    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that somebody got: its receipt, and how many results it had, with the digest over their ids."""

    rpc: str
    intent_id: str
    outcome_id: str
    intent_note: str
    outcome_note: str
    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that the subscriber got."""

    position: int
    alert_id: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was promised in a run. listed: (hotlist, plate) of every entry; heads: signed heads of the log seen on the way."""

    sent: tuple[Sent, ...]
    listed: frozenset[tuple[str, str]]
    received: tuple[Alert, ...]
    answers: tuple[Answer, ...]
    heads: tuple[str, ...]
    internal_errors: tuple[str, ...]

    def lists_of(self, text: str) -> list[str]:
        """The hotlists that a plate is on."""
        return sorted(hotlist for hotlist, plate in self.listed if plate == text)


@dataclass(frozen=True, slots=True)
class Frame:
    """A row of ingest.frame."""

    frame_id: str
    camera_id: str
    sequence: int
    state: str


@dataclass(frozen=True, slots=True)
class Result:
    """The committed reading of a frame: ids and texts of its reads."""

    frame_id: str
    reads: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A row of matching.sighting."""

    read_id: str
    camera_id: str
    sequence: int
    text: str
    list_version: int


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A row of the query ledger."""

    intent_id: str
    function: str
    row_count: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log, as the auditor reads it. rpc: the method's name alone."""

    index: int
    id: str
    kind: str
    ref: str
    rpc: str
    status: str
    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is in the suite at the end.

    listed_from: the list version that brought an entry; leaves: ids in the order of the log; broken: what does not hold in it;
    evidence: frame ids whose object is as it must be; leaks, faults: of the log files.
    """

    frames: tuple[Frame, ...]
    results: tuple[Result, ...]
    sightings: tuple[Sighting, ...]
    alerts: tuple[tuple[int, str], ...]
    alert_position: int
    listed_from: dict[tuple[str, str], int]
    ledger: tuple[LedgerRow, ...]
    entries: tuple[Entry, ...]
    leaves: tuple[str, ...]
    broken: tuple[str, ...]
    prefixes: tuple[str, ...]
    kept_promises: tuple[str, ...]
    evidence: tuple[str, ...]
    leaks: tuple[str, ...]
    faults: tuple[str, ...]


def read_sent(notes: Path) -> tuple[Sent, ...]:
    """The cameras' own record (services.simulator.truth), one file a sender."""
    return tuple(
        Sent(
            line["camera_id"],
            line["sequence"],
            line["frame_id"],
            line["refused"],
            tuple(plate["text"] for plate in line["plates"]) or ("",),
        )
        for truth in sorted(notes.glob("truth-*.jsonl"))
        for line in map(json.loads, truth.read_text().splitlines())
    )


def write_line(file: Any, kind: str, content: dict[str, Any]) -> None:
    """One line of the subscriber's file, for `read_lines`; durable only after an fsync."""
    file.write(json.dumps({"kind": kind, **content}) + "\n")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a file whose writer may have been killed in the middle of the last one."""
    text = path.read_text() if path.exists() else ""
    for line in text[: text.rfind("\n") + 1].splitlines():
        yield json.loads(line)


@dataclass(frozen=True, slots=True)
class Received:
    """What the subscriber wrote down: alerts with repetitions, batches as answers, refusals, and those no kill explains."""

    alerts: tuple[Alert, ...]
    answers: tuple[Answer, ...]
    refusals: int
    faults: tuple[str, ...]
    has_begun: bool


def read_received(path: Path) -> Received:
    """See `Received`."""
    alerts: list[Alert] = []
    answers: list[Answer] = []
    refusals: list[tuple[str, bool]] = []
    has_begun = False
    for line in read_lines(path):
        match line["kind"]:
            case "batch":
                answers.append(Answer(**line["answer"]))
                alerts.extend(Alert(one["position"], one["alert_id"], (*one["passage"],)) for one in line["alerts"])
            case "refused":
                refusals.append((line["words"], line["is_fault"]))
            case "token":
                has_begun = True
    faults = tuple(words for words, is_fault in refusals if is_fault)
    return Received(tuple(alerts), tuple(answers), len(refusals), faults, has_begun)


def encode_batch(answer: Answer, alerts: Sequence[Alert]) -> dict[str, Any]:
    """A batch as `read_received` reads it."""
    return {"answer": asdict(answer), "alerts": [asdict(alert) for alert in alerts]}
