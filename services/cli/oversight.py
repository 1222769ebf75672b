"""`anpr oversight`: flags on look-ups, the weekly sample, reference data and statistics."""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import grpc
import typer
from anpr.audit.v1 import oversight_pb2 as pb
from anpr.audit.v1 import oversight_pb2_grpc
from anpr.common.v1 import access_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.cli import show
from services.cli.session import (
    DEFAULT_DATA,
    AsJson,
    Case,
    Data,
    Gateway,
    Ground,
    Person,
    Purpose,
    Unit,
    Zone,
    ask,
    caller,
    context,
)

app = typer.Typer(no_args_is_help=True, help="Flags on look-ups, samples, reference data, statistics.")


class Role(StrEnum):
    """In which role somebody oversees."""

    AUDITOR = "auditor"
    SUPERVISOR = "supervisor"
    DPO = "dpo"


class State(StrEnum):
    """States of a flag."""

    OPEN = "open"
    JUSTIFIED = "justified"
    REFERRED = "referred"


class Kind(StrEnum):
    """Kinds of reference data."""

    ROSTER = "roster"
    HOUSEHOLD = "household"
    COLLEAGUES = "colleagues"
    PROTECTED = "protected"


As = Annotated[Role, typer.Option("--as", help="Role in which you ask. A supervisor sees the own unit (--unit).")]
Days = Annotated[int, typer.Option(min=1, max=3650, help="Waiting for at least so many days.")]


def _service(channel: grpc.aio.Channel) -> "oversight_pb2_grpc.OversightServiceAsyncStub":
    return oversight_pb2_grpc.OversightServiceStub(channel)


def _why(case: str) -> access_pb2.AccessContext:
    return context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case)


@app.command()
def flags(
    case: Case,
    person: Person,
    state: Annotated[State | None, typer.Option(help="Only flags in this state.")] = None,
    rule: Annotated[str, typer.Option(help="Only flags of this rule.")] = "",
    officer: Annotated[str, typer.Option(help="Only flags that concern this person.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most this many flags.")] = 100,
    role: As = Role.AUDITOR,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """List flags. Reading them is logged: `--case` is the number of your own inspection."""
    request = pb.ListFlagsRequest(
        access=_why(case),
        state=f"FLAG_STATE_{state.name}" if state else None,
        rule=rule,
        officer=officer,
        page_size=limit,
    )
    who = caller(person, unit, zone, role.value)
    answer = ask(data, gateway, who, lambda channel: _service(channel).ListFlags, request)
    if as_json:
        show.as_json(answer)
    else:
        _show_flags("flags", answer.flags, more=bool(answer.next_page_token))


@app.command()
def review(
    flag_id: str,
    verdict: Annotated[State, typer.Argument(help="justified or referred.")],
    reason: Annotated[str, typer.Option(help="Why, in 10 to 1,000 characters.")],
    case: Case,
    person: Person,
    seen: Annotated[State, typer.Option(help="The state that you saw.")] = State.OPEN,
    role: As = Role.AUDITOR,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Decide on a flag. The verdict is an entry of the log; earlier ones stay."""
    request = pb.ReviewFlagRequest(
        access=_why(case),
        flag_id=flag_id,
        verdict=f"FLAG_STATE_{verdict.name}",
        seen=f"FLAG_STATE_{seen.name}",
        reason=reason,
    )
    who = caller(person, unit, zone, role.value)
    answer = ask(data, gateway, who, lambda channel: _service(channel).ReviewFlag, request)
    show.console.print(f"{answer.flag.flag_id} is {verdict.value}: entry {answer.flag.verdicts[-1].index} of the log")


@app.command("run")
def run_rules(
    case: Case,
    person: Person,
    first: Annotated[int | None, typer.Option(min=0, help="Judge this range once more: first index.")] = None,
    last: Annotated[int | None, typer.Option(min=0, help="Last index.")] = None,
    role: As = Role.AUDITOR,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Run the rules over what is new, or once more over a range, such as after an import. No flag is raised twice."""
    if (first is None) != (last is None):
        raise typer.BadParameter("--first and --last belong together")
    who = caller(person, unit, zone, role.value)
    begin, raised = first, 0
    while True:
        request = pb.RunRulesRequest(access=_why(case), first=begin, last=last)
        ran = ask(data, gateway, who, lambda channel: _service(channel).RunRules, request)
        raised += ran.raised
        end = last if last is not None else ran.size - 1
        if ran.next > end or ran.next == ran.first:
            break
        begin = ran.next if first is not None else None
    show.console.print(f"{raised} new flags")


@app.command("import")
def import_reference(
    kind: Kind,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV file (docs/oversight.md).")],
    case: Case,
    person: Person,
    since: Annotated[datetime, typer.Option("--from", help="From when on it holds; local time.")],
    adds: Annotated[bool, typer.Option("--add", help="On top of what holds, instead of in its place.")] = False,
    role: As = Role.AUDITOR,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Import reference data: who is on duty when, whose vehicle is whose. All or nothing."""
    content = file.read_bytes()
    valid_from = Timestamp()
    valid_from.FromDatetime(since.astimezone())
    request = pb.ImportReferenceRequest(
        access=_why(case),
        kind=f"REFERENCE_KIND_{kind.name}",
        csv=content,
        sha256=hashlib.sha256(content).digest(),
        valid_from=valid_from,
        adds=adds,
    )
    who = caller(person, unit, zone, role.value)
    answer = ask(data, gateway, who, lambda channel: _service(channel).ImportReference, request)
    show.console.print(f"version {answer.version} with {answer.rows} rows: entry {answer.index} of the log")


@app.command()
def sample(
    case: Case,
    person: Person,
    draw: Annotated[str, typer.Option(help="Draw the sample of this week first, such as 2026-W48.")] = "",
    week: Annotated[str, typer.Option(help="Only samples of this week.")] = "",
    only_open: Annotated[bool, typer.Option("--open", help="Only those that nobody justified yet.")] = False,
    role: As = Role.AUDITOR,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """List sampled look-ups. A week is drawn once, with a seed that a witness made."""
    who = caller(person, unit, zone, role.value)
    if draw:
        asked = pb.DrawSampleRequest(access=_why(case), week=draw)
        drawn = ask(data, gateway, who, lambda channel: _service(channel).DrawSample, asked)
        if not as_json:
            show.console.print(
                f"{len(drawn.indexes)} look-ups; seed {drawn.seed.hex()} from the head of size {drawn.size}"
            )
            show.console.print(plain(drawn.line), style="dim")
    request = pb.ListSamplesRequest(access=_why(case), week=week or draw, only_open=only_open)
    answer = ask(data, gateway, who, lambda channel: _service(channel).ListSamples, request)
    if as_json:
        show.as_json(answer)
    else:
        _show_samples("sampled look-ups", answer.samples)


@app.command()
def justify(
    week: str,
    index: Annotated[int, typer.Argument(min=0, help="Index of the look-up.")],
    justification: Annotated[str, typer.Option(help="What it was for, in 10 to 1,000 characters.")],
    case: Case,
    person: Person,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Justify a sampled look-up of your unit, as its supervisor."""
    request = pb.JustifySampleRequest(access=_why(case), week=week, index=index, justification=justification)
    who = caller(person, unit, zone, Role.SUPERVISOR.value)
    answer = ask(data, gateway, who, lambda channel: _service(channel).JustifySample, request)
    show.console.print(f"justified: entry {answer.index} of the log")


@app.command()
def overdue(
    case: Case,
    person: Person,
    days: Days = 14,
    role: As = Role.AUDITOR,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """What has waited too long: open flags, and sampled look-ups that nobody justified."""
    who = caller(person, unit, zone, role.value)
    asked = pb.ListFlagsRequest(access=_why(case), overdue_days=days, page_size=200)
    flags_ = ask(data, gateway, who, lambda channel: _service(channel).ListFlags, asked)
    request = pb.ListSamplesRequest(access=_why(case), overdue_days=days)
    samples = ask(data, gateway, who, lambda channel: _service(channel).ListSamples, request)
    _show_flags("overdue flags", flags_.flags, more=bool(flags_.next_page_token))
    _show_samples("overdue samples", samples.samples)


@app.command()
def statistics(
    first_month: str,
    person: Person,
    last_month: Annotated[str, typer.Argument(help="Last month; the first when absent.")] = "",
    role: As = Role.AUDITOR,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Counts of whole months that are over, such as 2026-10. Small ones, and what would give them away, are not told."""
    request = pb.GetStatisticsRequest(first_month=first_month, last_month=last_month or first_month)
    who = caller(person, unit, zone, role.value)
    answer = ask(data, gateway, who, lambda channel: _service(channel).GetStatistics, request)
    if as_json:
        show.as_json(answer)
        return
    for month in answer.months:
        rows = [
            (one.dimension, plain(cell.name), "suppressed" if cell.suppressed else cell.count)
            for one in month.tables
            for cell in one.cells
        ]
        show.table(month.month, ("dimension", "", "count"), rows)


def plain(text: str) -> str:
    """Text of others as it can be shown: nothing in it draws, colours or turns what stands beside it."""
    shown = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return re.sub(r"\[", r"\\[", shown)


def _show_flags(what: str, found: Iterable[pb.Flag], *, more: bool) -> None:
    rows = [
        (
            flag.flag_id,
            f"{flag.rule}/{flag.rule_version}",
            pb.FlagState.Name(flag.state).removeprefix("FLAG_STATE_").lower(),
            show.moment(flag.raised),
            plain(" ".join(flag.officers)),
            plain(flag.explanation) or "(erased)",
        )
        for flag in found
    ]
    show.table(show.counted(len(rows), what, more=more), ("flag", "rule", "state", "raised", "persons", "why"), rows)


def _show_samples(what: str, found: Iterable[pb.SampledLookup]) -> None:
    rows = [
        (
            one.week,
            one.lookup.index,
            show.moment(one.lookup.time),
            plain(one.lookup.fields.unit),
            plain(one.lookup.fields.actor) if one.lookup.HasField("fields") else "(erased)",
            plain(one.lookup.fields.plate),
            plain(one.lookup.fields.access.case_reference),
            plain(one.lookup.fields.access.reason),
            plain(one.justification),
        )
        for one in found
    ]
    columns = ("week", "index", "time", "unit", "person", "plate", "case", "reason", "justification")
    show.table(show.counted(len(rows), what, more=False), columns, rows)
