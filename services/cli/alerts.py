"""`anpr watch` and `anpr simulate`: the two commands that run for a while."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from anpr.matching.v1 import alert_pb2, alert_pb2_grpc

from services.cli import show
from services.cli.session import (
    DEFAULT_DATA,
    AsJson,
    Case,
    Data,
    Gateway,
    Ground,
    On,
    Person,
    Purpose,
    Reason,
    Session,
    Unit,
    Why,
    Zone,
    caller,
    context,
    refusals_in_one_line,
    run,
)
from services.local import instance


def watch(
    case: Case,
    person: Person,
    purpose: Why = Purpose.JUDICIAL_OFFENCE,
    ground: On = Ground.TECHNICAL_DATABASE,
    reason: Reason = "",
    resume: Annotated[str, typer.Option(help="Token of the last batch that was handled.")] = "",
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Show alerts as they come, until Ctrl-C. Each batch is a disclosure in the audit log."""
    request = alert_pb2.WatchAlertsRequest(access=context(purpose, ground, case, reason), resume_token=resume)

    async def follow(session: Session) -> None:
        stub = alert_pb2_grpc.AlertServiceStub(session.channel)
        async for batch in stub.WatchAlerts(request, metadata=session.metadata):
            if as_json:
                show.as_json(batch)
                continue
            for alert in batch.alerts:
                show.alert(alert)
            show.console.print(f"resume with --resume {batch.resume_token}", style="dim")

    run(data, gateway, caller(person, unit, zone, "officer"), follow)


def simulate(
    frames: Annotated[int, typer.Option(min=1, help="Frames in all.")] = 60,
    rate: Annotated[float, typer.Option(help="Frames per second.")] = 2.0,
    cameras: Annotated[int, typer.Option(min=1, max=64, help="Cameras along the road.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same frames.")] = 1,
    difficulty: Annotated[str, typer.Option(help="easy, mixed or hard.")] = "mixed",
    plant: Annotated[list[str] | None, typer.Option(help="A plate that must pass; may be repeated.")] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Write what is on each frame to this file, a JSON object a line.")
    ] = None,
    marker: Annotated[bool, typer.Option(help="Draw the marker that the stand-in engine reads.")] = False,
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Render street frames with known plates and stream them in as cameras would."""
    from services.simulator import command

    with refusals_in_one_line():
        address = gateway or instance.load(data).gateway
        report = asyncio.run(
            command.simulate(
                address,
                cameras=cameras,
                frames=frames,
                rate=rate,
                seed=seed,
                difficulty=difficulty,
                plant=tuple(plant or ()),
                truth_file=truth,
                marker=marker,
            )
        )
    show.simulated(report)
    raise typer.Exit(0 if report.is_complete else 1)
