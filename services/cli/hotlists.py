"""`anpr hotlist`: lists, their entries, and the import of a CSV file."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import grpc
import typer
from anpr.matching.v1 import hotlist_pb2, hotlist_pb2_grpc

from services.cli import show
from services.cli.session import (
    DEFAULT_DATA,
    Case,
    Category,
    Data,
    Gateway,
    Ground,
    On,
    Person,
    Purpose,
    Session,
    Unit,
    Why,
    Zone,
    ask,
    caller,
    context,
    run,
)

app = typer.Typer(no_args_is_help=True, help="Maintain hotlists.")
CHUNK_BYTES = 256 * 1024
IMPORT_DEADLINE_S = 600.0
MANAGER = "hotlist_manager"


def _service(channel: grpc.aio.Channel) -> "hotlist_pb2_grpc.HotlistServiceAsyncStub":
    return hotlist_pb2_grpc.HotlistServiceStub(channel)


@app.command()
def create(
    hotlist_id: str,
    case: Case,
    person: Person,
    category: Annotated[Category, typer.Option(help="What the list is about.")] = Category.WANTED,
    priority: Annotated[int, typer.Option(min=0, max=100, help="0 is the highest.")] = 10,
    name: str = "",
    owner: str = "",
    source: str = "manual",
    purpose: Why = Purpose.JUDICIAL_OFFENCE,
    ground: On = Ground.TECHNICAL_DATABASE,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Create a list."""
    declared = context(purpose, ground, case)
    hotlist = hotlist_pb2.Hotlist(
        hotlist_id=hotlist_id,
        name=name or hotlist_id,
        category=f"HOTLIST_CATEGORY_{category.name}",
        priority=priority,
        owner=owner or unit or person,
        source=source,
        legal_ground=declared.legal_ground,
    )
    request = hotlist_pb2.CreateHotlistRequest(access=declared, hotlist=hotlist)

    who = caller(person, unit, zone, MANAGER)
    created = ask(data, gateway, who, lambda channel: _service(channel).CreateHotlist, request)
    show.console.print(f"created {created.hotlist.hotlist_id}")


@app.command()
def add(
    hotlist_id: str,
    plates: list[str],
    case: Case,
    person: Person,
    days: Annotated[int, typer.Option(min=1, max=365, help="Valid for this many days.")] = 30,
    note: Annotated[str, typer.Option(help="What to do, for the people at the roadside.")] = "",
    purpose: Why = Purpose.JUDICIAL_OFFENCE,
    ground: On = Ground.TECHNICAL_DATABASE,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Add plates to a list."""
    until = datetime.now(UTC) + timedelta(days=days)
    entries = [hotlist_pb2.HotlistEntry(plate=plate, valid_until=until, note=note) for plate in plates]
    request = hotlist_pb2.AddEntriesRequest(
        access=context(purpose, ground, case), hotlist_id=hotlist_id, entries=entries
    )

    who = caller(person, unit, zone, MANAGER)
    added = ask(data, gateway, who, lambda channel: _service(channel).AddEntries, request)
    show.console.print(f"added {len(added.entry_ids)}; matched from list version {added.list_version} on")


@app.command("import")
def import_(
    hotlist_id: str,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, UTF-8, with a header.")],
    case: Case,
    person: Person,
    replace: Annotated[bool, typer.Option(help="Take off every entry that the file does not name.")] = False,
    purpose: Why = Purpose.JUDICIAL_OFFENCE,
    ground: On = Ground.TECHNICAL_DATABASE,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Import a CSV file, all or nothing."""
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").digest()
        size_bytes = stream.tell()
    first = hotlist_pb2.ImportEntriesRequest(
        access=context(purpose, ground, case),
        hotlist_id=hotlist_id,
        replace=replace,
        size_bytes=size_bytes,
        sha256=sha256,
    )

    async def send(session: Session) -> hotlist_pb2.ImportEntriesResponse:
        return await _service(session.channel).ImportEntries(
            _chunks(first, file), metadata=session.metadata, timeout=IMPORT_DEADLINE_S
        )

    done = run(data, gateway, caller(person, unit, zone, MANAGER), send)
    show.console.print(
        f"added {done.added}, unchanged {done.unchanged}, removed {done.removed}; list version {done.list_version}"
    )


def _chunks(first: hotlist_pb2.ImportEntriesRequest, file: Path) -> Iterator[hotlist_pb2.ImportEntriesRequest]:
    yield first
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield hotlist_pb2.ImportEntriesRequest(chunk=chunk)


@app.command("list")
def list_(
    person: Person, unit: Unit = "", zone: Zone = "local", data: Data = DEFAULT_DATA, gateway: Gateway = ""
) -> None:
    """Show the lists."""
    request = hotlist_pb2.ListHotlistsRequest()
    who = caller(person, unit, zone, MANAGER)
    answer = ask(data, gateway, who, lambda channel: _service(channel).ListHotlists, request)
    rows = (
        (found.hotlist_id, hotlist_pb2.HotlistCategory.Name(found.category), found.priority, found.owner, found.source)
        for found in answer.hotlists
    )
    show.table(f"list version {answer.list_version}", ("hotlist", "category", "priority", "owner", "source"), rows)


@app.command("show")
def show_(
    hotlist_id: str,
    case: Case,
    person: Person,
    plate: Annotated[str, typer.Option(help="Only this plate.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most this many entries.")] = 100,
    purpose: Why = Purpose.JUDICIAL_OFFENCE,
    ground: On = Ground.TECHNICAL_DATABASE,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Show the entries of a list, by plate."""
    request = hotlist_pb2.ListEntriesRequest(
        access=context(purpose, ground, case), hotlist_id=hotlist_id, plate=plate, page_size=limit
    )

    who = caller(person, unit, zone, MANAGER)
    answer = ask(data, gateway, who, lambda channel: _service(channel).ListEntries, request)
    rows = ((entry.plate, show.moment(entry.valid_until), entry.note, entry.entry_id) for entry in answer.entries)
    title = show.counted(len(answer.entries), "entries", more=bool(answer.next_page_token))
    show.table(title, ("plate", "valid until", "note", "entry"), rows)


@app.command()
def remove(
    hotlist_id: str,
    entries: Annotated[list[str], typer.Argument(help="Entry ids, as `anpr hotlist show` prints them.")],
    case: Case,
    person: Person,
    purpose: Why = Purpose.JUDICIAL_OFFENCE,
    ground: On = Ground.TECHNICAL_DATABASE,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Take entries off a list, all or none. They stay on record."""
    request = hotlist_pb2.RemoveEntriesRequest(
        access=context(purpose, ground, case), hotlist_id=hotlist_id, entry_ids=entries
    )

    who = caller(person, unit, zone, MANAGER)
    answer = ask(data, gateway, who, lambda channel: _service(channel).RemoveEntries, request)
    show.console.print(f"taken off; no longer matched from list version {answer.list_version} on")
