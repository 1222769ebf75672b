"""`anpr audit fsck`: the log against its own database, for the operator."""

import asyncio

import typer
from rich.markup import escape
from rich.progress import Progress

from services.audit import fsck, fsck_store
from services.audit.fsck import Report
from services.audit.key_files import FileEpochKeys, FileTagKeys
from services.cli import show
from services.cli.session import DEFAULT_DATA, Data, refusals_in_one_line
from services.common import database, note
from services.local import instance, keys


def check(data: Data = DEFAULT_DATA) -> None:
    """Rebuild the log from its rows and compare every row, tile and head. Exit status 1 when anything does not fit."""
    with refusals_in_one_line():
        report = asyncio.run(_check(instance.load(data)))
    _print(report)
    raise typer.Exit(0 if report.holds else 1)


async def _check(running: instance.Instance) -> Report:
    role = "audit_reviewer"
    with Progress(console=show.console, transient=True) as progress:
        task = progress.add_task("reading the log", total=None)
        async with (
            database.connect(running.conninfo(role), running.password(role), connections=1) as reviewer,
            fsck_store.snapshot(reviewer) as stored,
        ):
            return await fsck.check(
                stored,
                note.parse_key(keys.log_verifier(running)),
                FileEpochKeys(keys.epoch_keys(running)),
                FileTagKeys(keys.audit_key(running, "tag").read_bytes()),
                lambda done, of: progress.update(task, completed=done, total=of),
            )


def _print(report: Report) -> None:
    broken = {failure.check for failure in report.failures}
    for number, words in report.words.items():
        state = "[red]FAILS[/]" if number in broken else "[green]holds[/]"
        show.console.print(f"  {number:>2}. {state}  {words}")
    for failure in report.failures:
        show.console.print(f"  [red]{failure.check}[/] {escape(failure.words)}")
    if report.omitted:
        show.console.print(f"  and {report.omitted} more")
    state = "[bold green]the log fits[/]" if report.holds else "[bold red]THE LOG DOES NOT FIT[/]"
    words = f"{report.size} entries, {report.signed} under the signed head, {report.erased} erased"
    more = f", {report.locked} under keys that are not here" if report.locked else ""
    show.console.print(f"{state}: {words}{more}")
