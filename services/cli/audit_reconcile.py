"""`anpr audit reconcile`: for the overseer. Against the suite on this machine it needs no options."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.session import DEFAULT_DATA, Data, Gateway, refusals_in_one_line
from services.local import instance, keys
from services.reconcile import expectation, running
from services.reconcile.running import Options


def reconcile(
    since: Annotated[Path, typer.Option(help="File of what was seen before; made at the first look, never restored.")],
    database: Annotated[str, typer.Option(help="libpq string of the database of sightings, role overseer.")] = "",
    password_file: Annotated[Path | None, typer.Option(exists=True, help="The overseer's password.")] = None,
    key: Annotated[str, typer.Option(help="Verifier key of the log, from paper.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again.")] = False,
    every: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between looks.")] = 15.0,
    person: Annotated[str, typer.Option(help="Who looks.")] = "overseer",
    zone: Annotated[str, typer.Option(help="Zone in which --probe looks up.")] = "local",
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
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Compare the log with the ledger of queries and with PostgreSQL's statistics (docs/reconciliation.md).

    Exit status 0: nothing found; 1: something was; 2: a side could not be read.
    """
    with refusals_in_one_line():
        suite = None if database and password_file and key and gateway else instance.load(data)
        options = Options(
            database=database or (suite.conninfo("overseer") if suite else ""),
            password_file=password_file or (suite.password_file("overseer") if suite else Path()),
            log=gateway or (suite.gateway if suite else ""),
            log_key=key or (keys.log_verifier(suite) if suite else ""),
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
        )
    raise typer.Exit(running.run(options, forever=watch))
