"""`anpr audit`: for those who check the look-ups of others."""

from datetime import datetime
from typing import Annotated

import typer
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc

from services.cli import audit_files, audit_fsck, audit_reconcile, show
from services.cli.session import (
    DEFAULT_DATA,
    AsJson,
    Case,
    Data,
    Gateway,
    Ground,
    Kind,
    Person,
    Purpose,
    Reason,
    Unit,
    Zone,
    ask,
    caller,
    context,
    window,
)

app = typer.Typer(no_args_is_help=True, help="Search, verify and export the log of look-ups.")
app.command("verify")(audit_files.verify)
app.command("export")(audit_files.export)
app.command("export-entries")(audit_files.export_entries)
app.command("sample-log")(audit_files.sample_log)
app.command("fsck")(audit_fsck.check)
app.command("reconcile")(audit_reconcile.reconcile)


@app.command()
def search(
    case: Case,
    person: Person,
    officer: Annotated[str, typer.Option(help="Look-ups of this person.")] = "",
    plate: Annotated[str, typer.Option(help="Look-ups of this plate.")] = "",
    of_case: Annotated[str, typer.Option(help="Look-ups under this case.")] = "",
    of_unit: Annotated[str, typer.Option(help="Look-ups of this unit.")] = "",
    of_purpose: Annotated[Purpose | None, typer.Option(help="Look-ups for this purpose.")] = None,
    of_decision: Annotated[str, typer.Option(help="Look-ups under this decision of the prosecutor.")] = "",
    system: Annotated[str, typer.Option(help="Only what this service wrote.")] = "",
    rpc: Annotated[str, typer.Option(help="Only calls of this RPC, by its full name.")] = "",
    status: Annotated[str, typer.Option(help="Only outcomes and denials with this gRPC status.")] = "",
    least: Annotated[int | None, typer.Option(help="Only outcomes with so many results or more.")] = None,
    most: Annotated[int | None, typer.Option(help="Only outcomes with so many results or fewer.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only entries of this kind.")] = None,
    days: Annotated[float | None, typer.Option(help="Only the last days.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", help="Only from then on.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only until then.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most this many entries.")] = 100,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Search the log. Reading the log is logged too: `--case` is the number of your own inspection."""
    request = audit_pb2.SearchEntriesRequest(
        access=context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason),
        actor=officer,
        plate=plate,
        case_reference=of_case,
        unit=of_unit,
        purpose=f"PURPOSE_{of_purpose.name}" if of_purpose else None,
        decision_id=of_decision,
        system=system,
        rpc=rpc,
        status=status,
        least_results=least,
        most_results=most,
        kind=f"ENTRY_KIND_{kind.name}" if kind else None,
        window=window(days or 3650, since, until) if days or since or until else None,
        page_size=limit,
    )

    who = caller(person, unit, zone, "auditor")
    answer = ask(data, gateway, who, lambda channel: audit_pb2_grpc.AuditServiceStub(channel).SearchEntries, request)
    if as_json:
        show.as_json(answer)
    else:
        show.entries(answer.entries, more=bool(answer.next_page_token))
