"""Answers as tables for people, or as JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC

from anpr.audit.v1 import audit_pb2
from anpr.matching.v1 import alert_pb2, hotlist_pb2, sighting_pb2
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table

from services.cli.session import Purpose
from services.simulator.report import Report

# A pipe has no width; 80 columns would cut identifiers that a script wants whole.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)


def as_json(message: Message) -> None:
    """One JSON object on one line, field names as in the contract."""
    print(MessageToJson(message, preserving_proto_field_name=True, indent=None))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A titled table."""
    drawn = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    console.print(drawn)


def moment(stamp: Timestamp) -> str:
    """Local time to the second."""
    return stamp.ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S") if stamp.seconds else ""


def counted(count: int, what: str, *, more: bool) -> str:
    """How many there are, or that these are only the first."""
    return f"the first {count} {what}; there are more" if more else f"{count} {what}"


def sightings(plate: str, found: Sequence[sighting_pb2.Sighting], *, more: bool) -> None:
    """Passages of a plate, newest first."""
    rows = (
        (
            moment(sighting.read.capture.captured.time),
            sighting.read.capture.camera_id,
            sighting.read.plate.raw,
            ", ".join(dict.fromkeys(candidate.country_code for candidate in sighting.read.plate.countries)) or "?",
            f"{sighting.read.plate.confidence:.2f}",
            sighting.read.read_id,
        )
        for sighting in found
    )
    title = counted(len(found), f"passages of {plate}", more=more)
    table(title, ("captured", "camera", "raw", "country", "confidence", "read"), rows)


def receipt(message: sighting_pb2.LookupPlateResponse) -> None:
    """The log's promise that came with an answer."""
    console.print(f"logged as intent {message.receipt.intent_id} and outcome {message.receipt.outcome_id}", style="dim")


def alert(found: alert_pb2.Alert) -> None:
    """One line an alert."""
    state = "[yellow]late[/]" if found.late else "[bold red]ALERT[/]"
    capture = found.sighting.read.capture
    category = hotlist_pb2.HotlistCategory.Name(found.hotlist.category).removeprefix("HOTLIST_CATEGORY_").lower()
    console.print(
        f"{state} {found.sighting.read.plate.text} at {capture.camera_id} {moment(capture.captured.time)}"
        f" on {found.hotlist.hotlist_id} ({category}, priority {found.hotlist.priority})"
        f" - verify before acting: {found.entry.note or 'no note'}"
    )


def simulated(report: Report) -> None:
    """What became of the frames of a run."""
    rows = [
        ("frames", report.frames),
        ("acknowledged", report.acknowledged),
        ("sent again", report.resent),
        ("without an answer", report.unanswered),
        *((f"refused: {reason}", count) for reason, count in report.refused),
        ("plates to be seen", report.plates),
        ("seconds", report.seconds),
    ]
    table(f"cameras {', '.join(report.camera_ids)}", ("", ""), rows)


def entries(found: Sequence[audit_pb2.Entry], *, more: bool) -> None:
    """Entries of the audit log."""
    columns = ("index", "time", "person", "plate", "case", "purpose", "what", "result")
    table(counted(len(found), "entries", more=more), columns, (_entry(entry) for entry in found))


def _entry(entry: audit_pb2.Entry) -> tuple[object, ...]:
    fields = entry.fields
    purposes = list(Purpose)
    return (
        entry.index,
        moment(entry.time),
        fields.actor,
        fields.plate,
        fields.access.case_reference,
        purposes[fields.access.purpose - 1] if 0 < fields.access.purpose <= len(purposes) else "",
        f"{audit_pb2.EntryKind.Name(fields.kind).removeprefix('ENTRY_KIND_').lower()} {fields.rpc.rpartition('.')[2]}",
        " ".join(filter(None, (fields.refusal or fields.status, str(fields.result_count or "")))),
    )
