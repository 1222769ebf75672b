"""The RPCs of ingest."""

# ruff: noqa: ARG002 (gRPC fixes the parameters)

from collections.abc import AsyncGenerator, AsyncIterator, Iterable

from anpr.ingest.v1 import (
    camera_pb2,
    camera_pb2_grpc,
    evidence_pb2,
    evidence_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
)

from services.common import calls
from services.common.errors import NotBuilt
from services.ingest import metrics, wire
from services.ingest.frame_stream import FrameStream
from services.ingest.intake import Intake
from services.ingest.register import Register


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    """Takes frames."""

    def __init__(self, intake: Intake, streams: FrameStream) -> None:
        self._intake, self._streams = intake, streams

    async def SubmitFrame(
        self, request: ingest_pb2.SubmitFrameRequest, context: object
    ) -> ingest_pb2.SubmitFrameResponse:
        with metrics.refusals():
            taken = await self._intake.take(wire.decode_submission(request), calls.of(context).caller.zone)
        return wire.encode_acknowledgement(taken)

    def StreamFrames(
        self, requests: AsyncIterator[ingest_pb2.StreamFramesRequest], context: object
    ) -> AsyncGenerator[ingest_pb2.StreamFramesResponse, None]:
        return self._streams.answers(requests, calls.of(context).caller)

    async def SubmitReads(
        self, request: ingest_pb2.SubmitReadsRequest, context: object
    ) -> ingest_pb2.SubmitReadsResponse:
        raise NotBuilt("finished reads are not taken yet")

    async def Heartbeat(self, request: ingest_pb2.HeartbeatRequest, context: object) -> ingest_pb2.HeartbeatResponse:
        raise NotBuilt("signs of life are not taken yet")


class CameraServicer(camera_pb2_grpc.CameraServiceServicer):
    """The register. `zone` is that of a camera that names none."""

    def __init__(self, register: Register, zone: str) -> None:
        self._register, self._zone = register, zone

    async def RegisterCamera(
        self, request: camera_pb2.RegisterCameraRequest, context: object
    ) -> camera_pb2.RegisterCameraResponse:
        camera = wire.decode_camera(request, self._zone)
        stored = await self._register.register(camera, calls.of(context).caller.zone)
        return camera_pb2.RegisterCameraResponse(camera=wire.encode_camera(stored))

    async def GetCamera(self, request: camera_pb2.GetCameraRequest, context: object) -> camera_pb2.GetCameraResponse:
        camera = await self._register.camera(wire.decode_camera_id(request.camera_id), calls.of(context).caller.zone)
        return camera_pb2.GetCameraResponse(camera=wire.encode_camera(camera))

    async def ListCameras(
        self, request: camera_pb2.ListCamerasRequest, context: object
    ) -> camera_pb2.ListCamerasResponse:
        after, limit = wire.decode_page(request)
        return wire.encode_page(await self._register.page(calls.of(context).caller.zone, after, limit), limit)

    async def GetCameraHealth(
        self, request: camera_pb2.GetCameraHealthRequest, context: object
    ) -> camera_pb2.GetCameraHealthResponse:
        raise NotBuilt("the health of cameras is not measured yet")

    async def ListGaps(self, request: camera_pb2.ListGapsRequest, context: object) -> camera_pb2.ListGapsResponse:
        raise NotBuilt("gaps are not listed yet")


class EvidenceServicer(evidence_pb2_grpc.EvidenceServiceServicer):
    """Gives evidence out, one day. The RPCs are audited already: an attempt is an entry."""

    async def GetFrame(self, request: evidence_pb2.GetFrameRequest, context: object) -> evidence_pb2.GetFrameResponse:
        raise NotBuilt("evidence is not given out yet")

    async def ExportPackage(
        self, request: evidence_pb2.ExportPackageRequest, context: object
    ) -> AsyncGenerator[evidence_pb2.ExportPackageResponse, None]:
        for chunk in self._package():
            yield chunk

    def _package(self) -> Iterable[evidence_pb2.ExportPackageResponse]:
        raise NotBuilt("packages are not made yet")
