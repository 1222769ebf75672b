"""The reconciler on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from services.reconcile import expectation, running
from services.reconcile.running import Options

app = typer.Typer(add_completion=False)


@app.command()
def reconcile(  # noqa: PLR0917
    database: Annotated[str, typer.Option(help="libpq string of the database of sightings, with the role overseer.")],
    password_file: Annotated[Path, typer.Option(exists=True, help="His password.")],
    log: Annotated[str, typer.Option(help="host:port of the gateway, through which the log is read.")],
    log_key: Annotated[str, typer.Option(help="Verifier key of the log, from paper.")],
    since: Annotated[Path, typer.Option(help="File of what was seen before; made at the first look, never restored.")],
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again.")] = False,
    every: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between looks.")] = 15.0,
    person: Annotated[str, typer.Option(help="Who looks.")] = "overseer",
    zone: Annotated[str, typer.Option(help="Zone in which --probe looks up.")] = "",
    case: Annotated[str, typer.Option(help="Number of your inspection, for --probe and --open-hours.")] = "",
    canaries: Annotated[Path | None, typer.Option(exists=True, help="Plates that exist nowhere, one a line.")] = None,
    probe: Annotated[bool, typer.Option("--probe", help="Look a canary up; it must show in ledger and log.")] = False,
    open_hours: Annotated[
        float, typer.Option(min=0, max=720, help="Open entries of so many hours, as an auditor, and compare them.")
    ] = 0.0,
    expected: Annotated[
        Path, typer.Option(exists=True, help="Definitions and grants as they must be.")
    ] = expectation.SHIPPED,
    role: Annotated[list[str] | None, typer.Option(help="A role that may be at work too; may be repeated.")] = None,
    allowed_gaps: Annotated[int, typer.Option(min=0, help="Queries that may be rolled back in a day.")] = 10,
    metrics_listen: Annotated[str, typer.Option(help="host:port of loopback for GET /metrics.")] = "",
) -> None:
    """Compare the log with the ledger of queries and with PostgreSQL's statistics. Exit status 1 when something is found."""
    options = Options(
        database=database,
        password_file=password_file,
        log=log,
        log_key=log_key,
        state=since,
        person=person,
        zone=zone,
        case=case,
        expected=expected,
        canaries=canaries,
        roles=tuple(role or ()),
        allowed_gaps=allowed_gaps,
        probe=probe,
        open_hours=open_hours,
        every_s=every,
        metrics_listen=metrics_listen,
    )
    raise typer.Exit(running.run(options, forever=watch))
