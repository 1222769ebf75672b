"""`anpr audit verify`, `export` and `sample-log`: the log as files, for those who trust nobody."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from anpr.audit.v1 import audit_pb2, audit_pb2_grpc
from rich.markup import escape
from rich.progress import Progress

from services.audit import checkpoint, redacted_verify, tree_verify, trust
from services.audit.remote import RemoteLog
from services.audit.tree import MAX_NOTE_BYTES, FolderTree, Missing, Tree, WebTree
from services.audit.tree_export import POLICY, ExportFailed, TreeWriter
from services.audit.trust import Trust, TrustInvalid
from services.audit.verify import SourceFailed, Verification
from services.audit.verify import verify as verify_log
from services.cli import show
from services.cli.session import (
    DEFAULT_DATA,
    Case,
    Data,
    Gateway,
    Ground,
    Person,
    Purpose,
    Reason,
    Session,
    Unit,
    Zone,
    caller,
    context,
    run,
)
from services.common import note
from services.common.caller import Caller
from services.common.note import NoteInvalid, VerifierKey
from services.local.errors import LocalError

HEADS_KEPT = 24  # older heads in an export: spread over all that were published
PAGE = 1000
EXPORT_S = 120.0
Tell = Callable[[int, int], None]
Result = TypeVar("Result")


def verify(
    person: Person,
    target: Annotated[
        str,
        typer.Argument(
            help="Folder or http(s) address of a published log, or an export; the running suite when absent."
        ),
    ] = "",
    key: Annotated[
        str, typer.Option(help="Verifier key of the log, from paper. Without it the log's own word is taken.")
    ] = "",
    witness_key: Annotated[
        list[str] | None, typer.Option(help="Verifier key of a witness that must have cosigned; may be repeated.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(exists=True, help="C2SP tlog-policy file instead of keys; not the log's own.")
    ] = None,
    receipts_key: Annotated[
        str, typer.Option(help="Verifier key of receipts: it signs the manifest of an export.")
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
    try:
        older = since.read_text() if since else None
        _verify_asked(target, key, witness_key or [], policy)
        if target.endswith(".zip"):
            _verify_export(Path(target), key, witness_key or [], policy, receipts_key)
        if target:
            tree = _tree(target)
            verification = _with_progress(
                "reading the log",
                lambda tell: tree_verify.verify(
                    tree,
                    _trust(tree, key, witness_key or [], policy),
                    since=[older] if older else [],
                    key_given=bool(key or policy),
                    progress=tell,
                ),
            )
        else:
            verification = _verify_running(data, gateway, caller(person, unit, zone, "auditor"), key, older)
    except (SourceFailed, NoteInvalid, TrustInvalid, UnicodeDecodeError) as cause:
        typer.echo(f"not verified: {cause}", err=True)
        raise typer.Exit(1) from None
    _print(verification, target)
    if save and verification.holds:
        save.write_text(verification.note)
    raise typer.Exit(0 if verification.holds else 1)


def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write; must be empty or absent.")],
    person: Person,
    witness_key: Annotated[
        list[str] | None, typer.Option(help="Verifier key of a witness, for keys/ and policy; may be repeated.")
    ] = None,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Write the published log as a C2SP tlog-tiles tree, for tools of others. It holds nothing personal."""
    try:
        witnesses = [note.parse_key(text) for text in witness_key or []]

        async def write(session: Session) -> checkpoint.Checkpoint:
            return await _export(RemoteLog(session.channel, session.metadata), folder, witnesses)

        head = run(data, gateway, caller(person, unit, zone, "auditor"), write)
    except (SourceFailed, NoteInvalid, TrustInvalid, ExportFailed) as cause:
        typer.echo(f"not exported: {cause}", err=True)
        raise typer.Exit(1) from None
    typer.echo(
        f"{head.size} entries of {head.origin} in {folder}: check it with `anpr audit verify {folder} --key ...`"
    )


def sample_log(
    folder: Annotated[Path, typer.Argument(help="Folder to write; must be empty or absent.")],
    entries: Annotated[int, typer.Option(min=0, max=10_000_000, help="Entries in the log.")] = 70_000,
) -> None:
    """Make a log of invented look-ups, through the real append path, and export it: something to try a verifier on."""
    from services.local import sample_log as maker

    try:
        head = _with_progress("appending", lambda tell: maker.make(folder, entries, tell))
    except (ExportFailed, LocalError, OSError) as cause:
        typer.echo(f"no log was made: {cause}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{head.size} entries of {head.origin} in {folder}")
    for file in sorted((folder / "keys").iterdir()):
        typer.echo(f"  {file.stem:9} {file.read_text().strip()}")


def export_entries(
    file: Annotated[Path, typer.Argument(help="ZIP file to write.")],
    case: Case,
    person: Person,
    first: Annotated[int, typer.Option(min=0, help="First index.")],
    last: Annotated[int, typer.Option(min=0, help="Last index; at most 10,000 entries.")],
    shown: Annotated[
        list[str] | None, typer.Option("--show", help="A field to show, such as purpose or unit; may be repeated.")
    ] = None,
    reason: Reason = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Write a range of entries, some fields shown and the others hidden, with the proof that nothing was left out."""
    request = audit_pb2.ExportEntriesRequest(
        access=context(Purpose.OVERSIGHT, Ground.OVERSIGHT, case, reason), first=first, last=last, disclosed=shown or []
    )

    async def fetch(session: Session) -> bytes:
        stub = audit_pb2_grpc.AuditServiceStub(session.channel)
        chunks = stub.ExportEntries(request, metadata=session.metadata, timeout=EXPORT_S)
        return b"".join([chunk.chunk async for chunk in chunks])

    found = run(data, gateway, caller(person, unit, zone, "auditor"), fetch)
    file.touch(mode=0o600)
    file.write_bytes(found)
    typer.echo(f"{last - first + 1} entries in {file}: check it with `anpr audit verify {file} --key ...`")


def _verify_export(file: Path, key: str, witness_keys: list[str], policy: Path | None, receipts_key: str) -> NoReturn:
    """Prints what holds of an export, and ends the program."""
    if not key and policy is None:
        raise SourceFailed("an export is checked with --key or --policy")
    trusted = trust.parse(policy.read_text()) if policy else _of_keys(key, witness_keys)
    checked = redacted_verify.verify(file, trusted, [note.parse_key(receipts_key)] if receipts_key else [])
    for words in checked.failures:
        show.console.print(f"  [red]{escape(words)}[/]")
    if not receipts_key:
        show.console.print("  the signature of the manifest was not checked: --receipts-key", style="yellow")
    state = "[bold green]export verified[/]" if checked.holds else "[bold red]EXPORT NOT VERIFIED[/]"
    shown = ", ".join(checked.shown) or "nothing"
    show.console.print(
        f"{state}: entries {checked.first} to {checked.last} of {checked.size}, {checked.erased} erased; shown: {shown}"
    )
    raise typer.Exit(0 if checked.holds else 1)


def _verify_asked(target: str, key: str, witness_keys: list[str], policy: Path | None) -> None:
    """Raises SourceFailed for what would be asked for and not looked at."""
    if policy is not None and (key or witness_keys):
        raise SourceFailed("give --policy, or --key and --witness-key: not both")
    if witness_keys and not key:
        raise SourceFailed("--witness-key needs --key")
    if not target and (policy is not None or witness_keys):
        raise SourceFailed(
            "over gRPC a log has no lines of witnesses: verify its published tree, at its address or exported"
        )


def _of_keys(key: str, witness_keys: list[str]) -> Trust:
    return trust.of_keys(note.parse_key(key), [note.parse_key(text) for text in witness_keys])


def _verify_running(data: Path, gateway: str, who: Caller, key: str, since: str | None) -> Verification:
    async def check(session: Session) -> Verification:
        with Progress(console=show.console, transient=True) as progress:
            task = progress.add_task("reading the log", total=None)
            return await verify_log(
                RemoteLog(session.channel, session.metadata),
                key or None,
                since=since,
                progress=lambda done, of: progress.update(task, completed=done, total=of),
            )

    return run(data, gateway, who, check)


def _tree(target: str) -> Tree:
    if target.startswith(("http://", "https://")):
        return WebTree(target)
    if not Path(target).is_dir():
        raise SourceFailed(f"{target} is no folder and no http(s) address")
    return FolderTree(Path(target))


def _trust(tree: Tree, key: str, witness_keys: list[str], policy: Path | None) -> Trust:
    """Whom the caller trusts; without key and policy, what the tree itself says, which proves little."""
    if policy is not None:
        return trust.parse(policy.read_text())
    if key:
        return _of_keys(key, witness_keys)
    return trust.parse(_own_policy(tree))


def _own_policy(tree: Tree) -> str:
    try:
        return tree.read(POLICY, MAX_NOTE_BYTES).decode()
    except Missing:
        raise SourceFailed("give --key or --policy: this tree names no keys") from None


async def _export(log: RemoteLog, folder: Path, witnesses: list[VerifierKey]) -> checkpoint.Checkpoint:
    heads = await _heads(log)
    if not heads:
        raise ExportFailed("nothing was published yet")
    log_key, receipt_key = await log.keys()
    writer = TreeWriter(folder, heads)
    size = checkpoint.unverified(heads[-1]).size
    while writer.size < size:
        leaves = await log.leaves(writer.size, min(PAGE, size - writer.size))
        if not leaves:
            raise ExportFailed(f"the log does not give entry {writer.size}")
        await asyncio.to_thread(writer.take, leaves)
    keys = {"log": log_key, "receipts": receipt_key}
    keys |= {f"witness-{number}": one.encode() for number, one in enumerate(witnesses, start=1)}
    return writer.end(keys, trust.encode(trust.of_keys(note.parse_key(log_key), witnesses)))


async def _heads(log: RemoteLog) -> list[str]:
    """The newest published head, and older ones, spread evenly over all."""
    heads: list[str] = []
    after = -1
    while page := await log.heads(after):
        heads.extend(page)
        after = checkpoint.unverified(page[-1]).size
    step = max(1, len(heads) // HEADS_KEPT)
    return heads[::-1][::step][::-1]


def _with_progress(words: str, work: Callable[[Tell], Result]) -> Result:
    with Progress(console=show.console, transient=True) as progress:
        task = progress.add_task(words, total=None)
        return work(lambda done, of: progress.update(task, completed=done, total=of))


def _print(verification: Verification, target: str) -> None:
    broken = {failure.check for failure in verification.failures}
    for number in verification.checked:
        state = "[red]FAILS[/]" if number in broken else "[green]holds[/]"
        show.console.print(f"  {number:>2}. {state}  {verification.words[number]}")
    for failure in verification.failures:
        show.console.print(f"  [red]{failure.check}[/] {escape(failure.words)}")
    if not verification.key_given:
        show.console.print("  the key is the log's own: compare it with the one on paper", style="yellow")
    if target and tree_verify.WITNESSED not in verification.checked:
        show.console.print("  no witness was asked for: --witness-key or --policy", style="yellow")
    show.console.print(f"  {escape(verification.verifier_key)}", style="dim")
    for witness in verification.witnesses:
        show.console.print(f"  cosigned by {escape(witness)}", style="dim")
    state = "[bold green]log verified[/]" if verification.holds else "[bold red]LOG NOT VERIFIED[/]"
    show.console.print(
        f"{state}: {verification.size} entries, {verification.open_intents} open intents, {escape(verification.origin)}"
    )
