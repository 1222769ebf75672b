"""The `anpr` command. It parses words and prints answers; what it does lies in the services and in services/local."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from anpr.matching.v1 import sighting_pb2, sighting_pb2_grpc

from services.cli import alerts, audit, erasure, frames, hotlists, oversight, recognition, show
from services.cli.session import (
    DEFAULT_DATA,
    AsJson,
    Case,
    Data,
    Decision,
    Engine,
    Gateway,
    Ground,
    On,
    Person,
    Purpose,
    Reason,
    Unit,
    Why,
    Zone,
    ask,
    caller,
    context,
    window,
)
from services.witness import command

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Number-plate recognition for police regions."
)
app.add_typer(audit.app, name="audit")
app.add_typer(erasure.app, name="erasure")
app.add_typer(hotlists.app, name="hotlist")
app.add_typer(oversight.app, name="oversight")
app.add_typer(recognition.app, name="recognition")


@app.command()
def up(
    data: Data = DEFAULT_DATA,
    engine: Annotated[
        Engine, typer.Option(help="networks: our own. standin reads the simulator's marker: for load tests.")
    ] = Engine.NETWORKS,
    second_reader: Annotated[
        bool, typer.Option("--second-reader", help="Ask PaddleOCR too about plates that our reader is not sure of.")
    ] = False,
) -> None:
    """Start engines and services on this machine; stop them with Ctrl-C."""
    from services.local import terminal
    from services.local.options import Options

    second = "paddleocr" if second_reader else ""
    raise typer.Exit(terminal.up(data, Options(engine=engine.value, second_reader=second)))


@app.command()
def demo(
    frames: Annotated[int, typer.Option(min=10, max=2000, help="Frames to push through.")] = 60,
    picture: Annotated[Path, typer.Option(help="Where to save the annotated picture.")] = Path("demo/annotated.jpg"),
) -> None:
    """Start the whole suite in a folder of its own, push frames through it, and show reads, alert, look-up and log."""
    from services.local import demo as demonstration

    raise typer.Exit(demonstration.main(frames, picture))


@app.command()
def read(
    images: Annotated[list[Path], typer.Argument(help="Pictures.")],
    as_json: AsJson = False,
    annotate: Annotated[Path | None, typer.Option(help="Folder for copies with the plates drawn in.")] = None,
) -> None:
    """Read the plates in pictures, without any server."""
    from services.recognition import read as reading

    raise typer.Exit(reading.main(images, as_json=as_json, annotate=annotate))


@app.command()
def lookup(
    plate: str,
    case: Case,
    person: Person,
    purpose: Why = Purpose.JUDICIAL_OFFENCE,
    ground: On = Ground.TECHNICAL_DATABASE,
    reason: Reason = "",
    decision: Decision = "",
    days: Annotated[float, typer.Option(help="Look this many days back.")] = 7.0,
    since: Annotated[datetime | None, typer.Option("--from", help="Begin of the window, instead of --days.")] = None,
    until: Annotated[datetime | None, typer.Option(help="End of the window; now when absent.")] = None,
    camera: Annotated[list[str] | None, typer.Option(help="Only this camera; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most this many passages.")] = 100,
    unit: Unit = "",
    zone: Zone = "local",
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
    as_json: AsJson = False,
) -> None:
    """Look a plate up. The look-up is written to the audit log before the answer leaves."""
    request = sighting_pb2.LookupPlateRequest(
        access=context(purpose, ground, case, reason, decision),
        plate=plate,
        window=window(days, since, until),
        camera_ids=camera or [],
        page_size=limit,
    )

    who = caller(person, unit, zone, "officer")
    answer = ask(
        data, gateway, who, lambda channel: sighting_pb2_grpc.SightingServiceStub(channel).LookupPlate, request
    )
    if as_json:
        show.as_json(answer)
        return
    show.sightings(plate, answer.sightings, more=bool(answer.next_page_token))
    show.receipt(answer)


app.command("ingest")(frames.ingest)
app.command("watch")(alerts.watch)
app.command("simulate")(alerts.simulate)
app.command("witness")(command.witness)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
