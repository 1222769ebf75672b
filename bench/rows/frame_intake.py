"""Frames that ingest acknowledges, against puts of the same bytes into the same bucket under the same lock.

Ingest decodes each picture, encrypts it, puts it, and commits a row; its acknowledgement means that the frame is never lost.
"""

import asyncio
import io
import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from anpr.common.v1 import plate_pb2
from anpr.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from minio import Minio

from bench import load
from bench.measure import Side, interleaved
from bench.row import Row, series
from bench.stand import Stand
from services.common.channels import open_channel
from services.ingest import bucket, sealing
from services.ingest.bucket import Lock
from services.local import seaweedfs
from services.simulator.cameras import hang_cameras
from services.simulator.stream import SENDER, register_cameras

CLIENTS, ROUNDS = 8, 4  # as many as ingest has transfers at once
at_full = partial(load.rate, clients=CLIENTS, seconds=4.0)
OURS, PEER = "ingest, SubmitFrame", "bare S3 put, same bytes"


async def bench(stand: Stand) -> list[Row]:
    """Needs ingest; recognition and matching are down, so that what is acknowledged waits."""
    await stand.only("ingest")
    roots = stand.pids("ingest", "postgres-services", "seaweedfs")
    async with open_channel(stand.instance.address("ingest")) as channel:
        (camera,) = hang_cameras(1, 1, 60.0, "bench")
        await register_cameras(channel, (camera,))
        submit = ingest_pb2_grpc.IngestServiceStub(channel).SubmitFrame
        numbers, pictures = itertools.count(1), itertools.cycle(stand.frames)

        async def send() -> None:
            request = _submission(camera.camera_id, next(numbers), next(pictures))
            await submit(request, metadata=SENDER.metadata())

        with ThreadPoolExecutor(CLIENTS) as threads:
            putting = Putting(_client(stand), threads, stand.frames)
            sides = (
                Side(OURS, lambda: at_full(send), roots),
                Side(PEER, lambda: at_full(putting.put), stand.pids("seaweedfs")),
            )
            ours, bare = await interleaved(sides, rounds=ROUNDS)
    kib = sum(map(len, stand.frames)) // len(stand.frames) // 1024
    note = f"1280x720 JPEGs of {kib} KiB on average; the bare put checks nothing, encrypts nothing and commits no row"
    return [Row(f"ingest, {CLIENTS} clients", "frames/s", series(OURS, ours), series(PEER, bare), note=note)]


class Putting:
    """Puts of as many bytes as our objects have, under the same lock, on a thread each."""

    def __init__(self, client: Minio, threads: ThreadPoolExecutor, frames: tuple[bytes, ...]) -> None:
        self._client, self._threads = client, threads
        self._objects = itertools.cycle([bytes(sealing.OVERHEAD_BYTES) + frame for frame in frames])
        self._numbers = itertools.count()

    async def put(self) -> None:
        name, content = f"bench/{next(self._numbers):020d}", next(self._objects)
        await asyncio.get_running_loop().run_in_executor(self._threads, self._put, name, content)

    def _put(self, name: str, content: bytes) -> None:
        now = datetime.now(UTC)
        retention = Lock().retention(now, now)
        self._client.put_object(seaweedfs.BUCKET, name, io.BytesIO(content), len(content), retention=retention)


def _client(stand: Stand) -> Minio:
    store = stand.instance.store
    access, secret = (file.read_text() for file in (store.access_file("writer"), store.secret_file("writer")))
    return bucket.connect(store.endpoint, access, secret, secure=False, connections=CLIENTS)


def _submission(camera_id: str, sequence: int, picture: bytes) -> ingest_pb2.SubmitFrameRequest:
    captured = plate_pb2.CaptureTime(uncertainty={"nanos": 50_000_000})
    captured.time.FromDatetime(datetime.now(UTC))
    capture = plate_pb2.Capture(camera_id=camera_id, sequence=sequence, captured=captured)
    return ingest_pb2.SubmitFrameRequest(capture=capture, picture=picture)
