"""`anpr audit`: for those who check the look-ups of others."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc
from rich.progress import Progress

from services.audit.note import NoteInvalid
from services.audit.remote import RemoteLog
from services.audit.verify import CHECKS, SourceFailed, Verification
from services.audit.verify import verify as verify_log
from services.cli import show
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
    Session,
    Unit,
    Zone,
    ask,
    caller,
    context,
    run,
    window,
)

app = typer.Typer(no_args_is_help=True, help="Search and verify the log of look-ups.")


@app.command()
def search(
    case: Case,
    person: Person,
    officer: Annotated[str, typer.Option(help="Look-ups of this person.")] = "",
    plate: Annotated[str, typer.Option(help="Look-ups of this plate.")] = "",
    of_case: Annotated[str, typer.Option(help="Look-ups under this case.")] = "",
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


@app.command()
def verify(
    person: Person,
    key: Annotated[
        str, typer.Option(help="Verifier key of the log, from paper. Without it the log's own word is taken.")
    ] = "",
    since: Annotated[
        Path | None, typer.Option(exists=True, help="An older checkpoint: the log must have grown from it.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the verified checkpoint here, for a later --since.")] = None,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Recompute the whole log and check it against its signed head. Exit status 1 when anything does not hold."""
    who = caller(person, unit, zone, "auditor")

    async def check(session: Session) -> Verification:
        with Progress(console=show.console, transient=True) as progress:
            task = progress.add_task("reading the log", total=None)
            return await verify_log(
                RemoteLog(session.channel, session.metadata),
                key or None,
                since=since.read_text() if since else None,
                progress=lambda done, of: progress.update(task, completed=done, total=of),
            )

    try:
        verification = run(data, gateway, who, check)
    except (SourceFailed, NoteInvalid) as cause:
        typer.echo(f"not verified: {cause}", err=True)
        raise typer.Exit(1) from None
    _print(verification)
    if save and verification.holds:
        save.write_text(verification.note)
    raise typer.Exit(0 if verification.holds else 1)


def _print(verification: Verification) -> None:
    broken = {failure.check for failure in verification.failures}
    for number in verification.checked:
        show.console.print(
            f"  {number}. {'[red]FAILS[/]' if number in broken else '[green]holds[/]'}  {CHECKS[number]}"
        )
    for failure in verification.failures:
        show.console.print(f"  [red]{failure.check}[/] {failure.words}")
    if not verification.key_given:
        show.console.print("  the key is the log's own: compare it with the one on paper", style="yellow")
    show.console.print(f"  {verification.verifier_key}", style="dim")
    state = "[bold green]log verified[/]" if verification.holds else "[bold red]LOG NOT VERIFIED[/]"
    show.console.print(
        f"{state}: {verification.size} entries, {verification.open_intents} open intents, {verification.origin}"
    )
