"""An ingest service in memory that keeps the contract's promises about acknowledgements, and fails as it is told to."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
from anpr.ingest.v1 import camera_pb2, camera_pb2_grpc, ingest_pb2, ingest_pb2_grpc

Key = tuple[str, int]


@dataclass(slots=True)
class Faults:
    """What goes wrong, by the number of the frame as it arrives, from 1.

    breaks: the stream ends without an answer; swallowed: kept, but the answer is lost with the stream; busy: refused with
    a time to come back; bad: refused for good; silent: no answer, and the stream stays open.
    """

    breaks: frozenset[int] = frozenset()
    swallowed: frozenset[int] = frozenset()
    busy: frozenset[int] = frozenset()
    bad: frozenset[int] = frozenset()
    silent: frozenset[int] = frozenset()
    all_busy: bool = False
    refuse_caller: bool = False


@dataclass(slots=True)
class Door:
    """What arrived: `kept` holds the digest of each frame that is durable; `deliveries` counts sendings."""

    faults: Faults = field(default_factory=Faults)
    cameras: dict[str, camera_pb2.Camera] = field(default_factory=dict)
    kept: dict[Key, bytes] = field(default_factory=dict)
    pictures: dict[Key, bytes] = field(default_factory=dict)
    deliveries: Counter[Key] = field(default_factory=Counter)
    roles: set[str] = field(default_factory=set)
    arrived: int = 0
    streams: int = 0


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    def __init__(self, door: Door) -> None:
        self._door = door

    async def StreamFrames(
        self,
        request_iterator: AsyncIterator[ingest_pb2.StreamFramesRequest],
        context: grpc.aio.ServicerContext[ingest_pb2.StreamFramesRequest, ingest_pb2.StreamFramesResponse],
    ) -> AsyncGenerator[ingest_pb2.StreamFramesResponse, None]:
        door = self._door
        door.streams += 1
        door.roles |= {str(value) for key, value in context.invocation_metadata() or () if key == "anpr-roles"}
        if door.faults.refuse_caller:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "none of the roles may call this")
        async for request in request_iterator:
            door.arrived += 1
            number, faults = door.arrived, door.faults
            capture = request.frame.capture
            key = (capture.camera_id, capture.sequence)
            door.deliveries[key] += 1
            if number in faults.breaks:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "going down")
            answer = ingest_pb2.StreamFramesResponse(camera_id=key[0], sequence=key[1])
            if faults.all_busy or number in faults.busy:
                answer.refused.reason = "OVERLOADED"
                answer.refused.retry_delay.FromMilliseconds(20)
            elif number in faults.bad:
                answer.refused.reason = "PICTURE_UNREADABLE"
            else:
                self._keep(key, request.frame.picture, answer)
            if number in faults.swallowed:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "going down")
            if number in faults.silent:
                await asyncio.sleep(3600)
            yield answer

    def _keep(self, key: Key, picture: bytes, answer: ingest_pb2.StreamFramesResponse) -> None:
        digest = hashlib.sha256(picture).digest()
        known = self._door.kept.setdefault(key, digest)
        if known != digest:
            answer.refused.reason = "SEQUENCE_REUSED"
            return
        answer.acknowledged.frame_id = f"{key[0]}/{key[1]}"
        answer.acknowledged.duplicate = key in self._door.pictures
        self._door.pictures[key] = picture

    async def SubmitFrame(self, request: object, context: object) -> ingest_pb2.SubmitFrameResponse:
        raise NotImplementedError

    async def SubmitReads(self, request: object, context: object) -> ingest_pb2.SubmitReadsResponse:
        raise NotImplementedError

    async def Heartbeat(self, request: object, context: object) -> ingest_pb2.HeartbeatResponse:
        raise NotImplementedError


class CameraServicer(camera_pb2_grpc.CameraServiceServicer):
    def __init__(self, door: Door) -> None:
        self._door = door

    async def RegisterCamera(
        self, request: camera_pb2.RegisterCameraRequest, context: object
    ) -> camera_pb2.RegisterCameraResponse:
        self._door.cameras[request.camera.camera_id] = request.camera
        return camera_pb2.RegisterCameraResponse(camera=request.camera)

    async def GetCamera(self, request: object, context: object) -> camera_pb2.GetCameraResponse:
        raise NotImplementedError

    async def ListCameras(self, request: object, context: object) -> camera_pb2.ListCamerasResponse:
        raise NotImplementedError

    async def GetCameraHealth(self, request: object, context: object) -> camera_pb2.GetCameraHealthResponse:
        raise NotImplementedError

    async def ListGaps(self, request: object, context: object) -> camera_pb2.ListGapsResponse:
        raise NotImplementedError


@asynccontextmanager
async def served(door: Door, port: int = 0) -> AsyncIterator[str]:
    """The address of a server that serves the door."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(IngestServicer(door), server)
    camera_pb2_grpc.add_CameraServiceServicer_to_server(CameraServicer(door), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield f"127.0.0.1:{bound}"
    finally:
        await server.stop(0)
