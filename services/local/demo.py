"""`anpr demo`: the whole way once, with real engines, and a check at every step. Exit status 0 only when each of them held."""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc
from anpr.matching.v1 import alert_pb2, sighting_pb2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.audit import remote, tree_verify, trust
from services.audit.key_files import FileSigner
from services.audit.tree import WebTree
from services.audit.verify import SourceFailed
from services.common import note, refusals
from services.local import keys, process, progress_of_frames, supervisor
from services.local.desk import AUDITOR, CASE, Desk
from services.local.errors import LocalError
from services.local.keeper import Change, State
from services.local.options import Options
from services.local.process import Program
from services.local.supervisor import Suite
from services.simulator import command, drive, render
from services.simulator.conditions import Difficulty
from services.simulator.report import Report

STOLEN = "1-XQZ-417"
RATE, CAMERAS, SEED, RUN = 3.0, 3, 7, "demo"
DIFFICULTY = "mixed"
WARM_S, ALERT_S, READ_S, PUBLISHED_S = 120.0, 120.0, 600.0, 30.0
SHOWN = 10
console = Console(highlight=False, soft_wrap=True)


class DemoFailed(Exception):
    """A step did not do what it should; the text says which."""


@dataclass(frozen=True, slots=True)
class TruePassage:
    """A plate that the simulator drew: where, in which frame of the camera, and what it says."""

    camera_id: str
    sequence: int
    text: str


def main(frames: int, picture: Path) -> int:
    """Runs the demo; prints what it sees. `picture`: where the annotated picture goes."""
    try:
        asyncio.run(_demo(frames, picture))
    except (DemoFailed, LocalError, SourceFailed) as problem:
        console.print(f"[bold red]demo failed:[/] {problem}")
    except grpc.aio.AioRpcError as refused:
        console.print(
            f"[bold red]demo failed:[/] {refusals.reason(refused) or refused.code().name}: {refused.details()}"
        )
    else:
        return 0
    return 1


async def _demo(frames: int, picture: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="anpr-demo-") as folder:
        data, truth = Path(folder) / "data", Path(folder) / "truth.jsonl"
        try:
            async with _suite(data) as suite, grpc.aio.insecure_channel(suite.instance.gateway) as channel:
                desk = Desk(channel)
                await _want(desk)
                alerts = await _drive(suite, desk, frames, truth)
                _show_alert(alerts)
                await _show_reads(desk, truth)
                await _show_look_up(desk)
                await _show_refusal(suite, desk)
                await _verify_log(suite)
        except BaseException:
            _keep_logs(data)
            raise
        await _draw(Path(folder), frames, picture)
    console.print("[bold green]demo done[/]")


def _keep_logs(data: Path) -> None:
    """The logs of a demo that failed outlive its folder."""
    if (data / "logs").exists():
        kept = Path(tempfile.mkdtemp(prefix="anpr-demo-logs-"))
        shutil.copytree(data / "logs", kept, dirs_exist_ok=True)
        console.print(f"logs: {kept}", style="dim")


@asynccontextmanager
async def _suite(data: Path) -> AsyncIterator[Suite]:
    _title("1. start the suite: PostgreSQL twice, S3, four services, Envoy, a witness and an overseer's reconciler")
    began = time.monotonic()

    def tell(change: Change) -> None:
        if change.state in (State.READY, State.RESTARTING):
            console.print(f"   {change.name:18} {change.state} {change.words}", style="dim")

    async with supervisor.running(data, Options(), tell) as suite:
        console.print(f"   ready after {time.monotonic() - began:.1f} s; the recognition engine warms up behind it")
        async with asyncio.timeout(WARM_S):
            while suite.state("recognition") is not State.READY:  # noqa: ASYNC110 - the supervisor has no event for it
                await asyncio.sleep(0.1)
        yield suite


async def _want(desk: Desk) -> None:
    _title(f"2. put a stolen vehicle on a hotlist: {STOLEN}")
    await desk.reach()
    before = await desk.look_up_when_back(STOLEN)
    console.print(f"   {len(before.sightings)} passages so far; asking was an audited look-up already")
    version = await desk.want("stolen", STOLEN)
    console.print(f"   matched from list version {version} on; adding it is in the audit log")


async def _drive(suite: Suite, desk: Desk, frames: int, truth: Path) -> list[alert_pb2.Alert]:
    """Sends the frames while an officer watches. Returns the alerts once every frame is read and matched."""
    _title(f"3. {CAMERAS} cameras send {frames} frames while an officer watches for alerts")
    alerts: list[alert_pb2.Alert] = []
    watching = asyncio.create_task(_collect(desk, alerts))
    gateway = suite.instance.gateway
    sending = asyncio.create_task(
        command.simulate(
            gateway,
            cameras=CAMERAS,
            frames=frames,
            rate=RATE,
            seed=SEED,
            run=RUN,
            difficulty=DIFFICULTY,
            plant=(STOLEN,),
            truth_file=truth,
        )
    )
    try:
        report = await _follow(suite, sending, frames)
        if not report.is_complete:
            raise DemoFailed(f"only {report.acknowledged} of {frames} frames were acknowledged")
        async with asyncio.timeout(ALERT_S):
            while not alerts and not watching.done():  # noqa: ASYNC110 - the list is filled by the watcher
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise DemoFailed("no alert arrived at the subscriber") from None
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return alerts


async def _collect(desk: Desk, into: list[alert_pb2.Alert]) -> None:
    async for batch in desk.watch():
        into.extend(batch.alerts)


async def _follow(suite: Suite, sending: asyncio.Task[Report], frames: int) -> Report:
    """Two bars: frames acknowledged, and frames read and matched."""
    columns = (TextColumn("   {task.description:28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        taken = bars.add_task("acknowledged (durable)", total=frames)
        done = bars.add_task("read and matched", total=frames)
        async with asyncio.timeout(READ_S):
            while True:
                counts = await progress_of_frames.count(suite.instance)
                bars.update(taken, completed=counts.acknowledged)
                bars.update(done, completed=counts.done)
                if sending.done() and (counts.done >= counts.acknowledged or sending.exception()):
                    return sending.result()
                await asyncio.sleep(0.2)


def _show_alert(alerts: list[alert_pb2.Alert]) -> None:
    _title("4. the alert at the subscriber")
    for alert in alerts:
        capture = alert.sighting.read.capture
        raised = alert.raised_at.ToDatetime(UTC) - capture.captured.time.ToDatetime(UTC)
        console.print(
            f"   [bold red]ALERT[/] {alert.sighting.read.plate.text} at {capture.camera_id}, frame {capture.sequence}:"
            f" list {alert.hotlist.hotlist_id}, raised {raised.total_seconds():.2f} s after the picture"
        )
    if not any(alert.sighting.read.plate.text == _normal(STOLEN) for alert in alerts):
        raise DemoFailed("the planted vehicle raised no alert")
    console.print("   an alert is a question: somebody looks at the picture before anything is done", style="dim")


async def _show_reads(desk: Desk, truth: Path) -> None:
    _title("5. what was read, held against what the simulator drew; each plate by an audited look-up")
    wanted = _passages(truth)
    found: dict[TruePassage, sighting_pb2.Sighting] = {}
    for text in dict.fromkeys(passage.text for passage in wanted):
        for sighting in (await desk.look_up(text)).sightings:
            capture = sighting.read.capture
            found[TruePassage(capture.camera_id, capture.sequence, text)] = sighting
    table = Table("camera", "frame", "drawn", "read", "country", "confidence")
    for passage in wanted[:SHOWN]:
        plate = found[passage].read.plate if passage in found else None
        country = plate.countries[0].country_code if plate and plate.countries else ""
        cells = (
            (plate.raw, country, f"{plate.confidence:.3f}") if plate else ("[red]otherwise or not at all[/]", "", "")
        )
        table.add_row(passage.camera_id, str(passage.sequence), passage.text, *cells)
    console.print(table)
    exact = sum(1 for passage in wanted if passage in found)
    console.print(f"   {exact} of {len(wanted)} plates were read exactly (night, rain and motion blur included)")
    if exact * 2 < len(wanted):
        raise DemoFailed("less than half of the plates were read")


async def _show_look_up(desk: Desk) -> None:
    _title(f"6. an officer looks {STOLEN} up, and an auditor sees that he did")
    answer = await desk.look_up(STOLEN)
    if not answer.sightings:
        raise DemoFailed("the look-up found nothing")
    for sighting in answer.sightings:
        capture = sighting.read.capture
        when = capture.captured.time.ToDatetime(UTC).astimezone()
        console.print(f"   {when:%H:%M:%S} {capture.camera_id} lane {capture.lane or '-'} {sighting.read.plate.raw}")
    console.print(f"   receipt: intent {answer.receipt.intent_id}, outcome {answer.receipt.outcome_id}", style="dim")
    entries = (await desk.search_log(plate=STOLEN)).entries
    mine = [entry for entry in entries if entry.fields.id == answer.receipt.outcome_id]
    if not mine:
        raise DemoFailed("the look-up is not in the log")
    fields = mine[0].fields
    console.print(
        f"   audit log, entry {mine[0].index}: {fields.actor} ({fields.unit}) asked for {fields.plate}"
        f" under {fields.access.case_reference}, {fields.result_count} results"
    )


async def _show_refusal(suite: Suite, desk: Desk) -> None:
    _title("7. the same look-up with the audit service killed")
    await suite.kill("audit")
    try:
        answer = await desk.look_up(STOLEN)
    except grpc.aio.AioRpcError as refused:
        if refused.code() is not grpc.StatusCode.UNAVAILABLE:
            raise DemoFailed(f"the refusal has the code {refused.code().name}") from refused
        reason = refusals.reason(refused) or refused.code().name
        console.print(f"   [bold]refused[/]: {reason}: {refused.details()}; 0 rows")
    else:
        raise DemoFailed(f"{len(answer.sightings)} rows were given out without an audit entry")
    await suite.start("audit")
    answer = await desk.look_up_when_back(STOLEN)
    console.print(f"   audit is back, entries are durable again: {len(answer.sightings)} rows under case {CASE}")


async def _verify_log(suite: Suite) -> None:
    _title("8. recompute the whole log and check it against its signed head")
    origin = keys.log_origin(suite.instance)
    key = FileSigner(origin, keys.audit_key(suite.instance, "log").read_bytes()).verifier.encode()
    result = await remote.verify(suite.instance.address("audit"), key, caller=AUDITOR)
    for failure in result.failures:
        console.print(f"   [red]{failure.check}: {failure.words}[/]")
    if not result.holds:
        raise DemoFailed("the log does not verify")
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(result.kinds.items()))
    console.print(f"   [bold green]log verified[/]: {result.size} entries ({kinds}), {len(result.checked)} checks")
    await _verify_published(suite, key, result.size)


async def _verify_published(suite: Suite, key: str, size: int) -> None:
    """The same from the files that anybody may fetch, with the cosignature of a witness."""
    tree, witness = WebTree(suite.instance.log_site), keys.witness_verifier(suite.instance)
    trusted = trust.of_keys(note.parse_key(key), [note.parse_key(witness)])
    async with asyncio.timeout(PUBLISHED_S):
        while True:
            published = await asyncio.to_thread(tree_verify.verify, tree, trusted)
            if published.size >= size and published.witnesses:
                break
            await asyncio.sleep(0.2)
    for failure in published.failures:
        console.print(f"   [red]{failure.check}: {failure.words}[/]")
    if not published.holds:
        raise DemoFailed("the published log does not verify")
    console.print(
        f"   [bold green]published log verified[/]: {published.size} entries from {suite.instance.log_site},"
        f" cosigned by {published.witnesses[0].partition('.')[0]}"
    )


async def _draw(folder: Path, frames: int, picture: Path) -> None:
    """Renders the frame of the stolen vehicle again and reads it with `anpr read`, which needs no server."""
    _title("9. the same frame through `anpr read`, without any server")
    plants = command.decode_plants((STOLEN,), frames)
    plan = drive.plan_drive(seed=SEED, cameras=CAMERAS, frames=frames, rate=RATE, plants=plants, run=RUN)
    shot = next(shot for shot in plan.shots if shot.planted)
    level = Difficulty(DIFFICULTY)
    frame = render.render_frame(shot, seed=SEED, difficulty=level, started_at=datetime.now(UTC))
    jpeg = folder / f"{picture.stem}.jpg"
    jpeg.write_bytes(frame.jpeg)
    log = folder / "read.log"
    words = ("-m", "services.cli", "read", str(jpeg), "--annotate", str(folder / "out"))
    await process.run_beside(Program("anpr read", (sys.executable, *words), folder, log), WARM_S)
    picture.parent.mkdir(parents=True, exist_ok=True)
    annotated = next((folder / "out").iterdir())
    shutil.copyfile(annotated, picture)
    console.print(log.read_text().rstrip(), style="dim")
    console.print(f"   annotated picture: {picture}")


def _passages(truth: Path) -> list[TruePassage]:
    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    return [
        TruePassage(line["camera_id"], line["sequence"], plate["text"]) for line in lines for plate in line["plates"]
    ]


def _normal(plate: str) -> str:
    return plate.replace("-", "")


def _title(words: str) -> None:
    console.print(f"\n[bold]{words}[/]")
