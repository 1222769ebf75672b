"""`anpr ingest`: pictures from files, as frames of a camera."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import grpc
import typer
from anpr.common.v1 import plate_pb2
from anpr.ingest.v1 import camera_pb2, camera_pb2_grpc, ingest_pb2, ingest_pb2_grpc

from services.cli import show
from services.cli.session import DEADLINE_S, DEFAULT_DATA, Data, Gateway, Session, caller, run

MICROSECONDS = 1_000_000


def ingest(
    camera: Annotated[str, typer.Argument(help="Camera id; registered when the region does not know it yet.")],
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Pictures.")],
    first: Annotated[
        int, typer.Option(min=0, max=2**62, help="Sequence of the first picture; made from the time when 0.")
    ] = 0,
    data: Data = DEFAULT_DATA,
    gateway: Gateway = "",
) -> None:
    """Send pictures in as frames taken now. Exit status 1 when one was refused; the others are in."""
    begin = first or int(datetime.now(UTC).timestamp() * MICROSECONDS)

    async def register(session: Session) -> None:
        stub = camera_pb2_grpc.CameraServiceStub(session.channel)
        try:
            wanted = camera_pb2.GetCameraRequest(camera_id=camera)
            await stub.GetCamera(wanted, metadata=session.metadata, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            request = camera_pb2.RegisterCameraRequest(camera=camera_pb2.Camera(camera_id=camera, name=camera))
            await stub.RegisterCamera(request, metadata=session.metadata, timeout=DEADLINE_S)

    async def send(session: Session) -> int:
        refused = 0
        stream = ingest_pb2_grpc.IngestServiceStub(session.channel).StreamFrames
        async for answer in stream(_frames(camera, files, begin), metadata=session.metadata):
            file = files[answer.sequence - begin]
            if answer.HasField("refused"):
                refused += 1
                typer.echo(f"{file}: {answer.refused.reason}: {answer.refused.message}", err=True)
            else:
                show.console.print(f"{file}: frame {answer.acknowledged.frame_id}")
        return refused

    run(data, gateway, caller("", "", "", "technician"), register)
    raise typer.Exit(1 if run(data, gateway, caller("", "", "", "edge"), send) else 0)


def _frames(camera: str, files: list[Path], first: int) -> Iterator[ingest_pb2.StreamFramesRequest]:
    for sequence, file in enumerate(files, first):
        capture = plate_pb2.Capture(camera_id=camera, sequence=sequence)
        capture.captured.time.FromDatetime(datetime.now(UTC))
        capture.captured.uncertainty.FromMilliseconds(500)
        frame = ingest_pb2.SubmitFrameRequest(capture=capture, picture=file.read_bytes())
        yield ingest_pb2.StreamFramesRequest(frame=frame)
