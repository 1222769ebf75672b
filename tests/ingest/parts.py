"""The parts of ingest, put together for a test."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.common import ids, raster
from services.common.database import Database
from services.ingest.backlog import Backlog
from services.ingest.bell import Bell
from services.ingest.bucket import Bucket, Lock, connect
from services.ingest.camera import Camera
from services.ingest.evidence import Evidence
from services.ingest.frame import Capture, Direction, Submission
from services.ingest.gate import Gate
from services.ingest.intake import ClockLimits, Intake
from services.ingest.pictures import Pictures
from services.ingest.sealing import Kek
from services.ingest.store import Store
from services.ingest.waiting_room import WaitingRoom
from services.local import seaweedfs

KEK = Kek(bytes(range(32)))
ZONE = "zone-one"


@contextmanager
def threads() -> Iterator[tuple[ThreadPoolExecutor, ThreadPoolExecutor, ThreadPoolExecutor]]:
    """Threads for decoding, transfers and probes."""
    with ThreadPoolExecutor(2) as decoding, ThreadPoolExecutor(8) as transfers, ThreadPoolExecutor(1) as probes:
        yield decoding, transfers, probes


@dataclass
class Parts:
    """Built on demand; every intake and backlog that is asked for is a process of its own as far as they know."""

    pool: Database
    s3: seaweedfs.Store
    threads: tuple[ThreadPoolExecutor, ThreadPoolExecutor, ThreadPoolExecutor]
    bell: Bell = field(default_factory=Bell)

    @property
    def store(self) -> Store:
        return Store(self.pool)

    @property
    def bucket(self) -> Bucket:
        access, secret = (path.read_text() for path in (self.s3.access_file("writer"), self.s3.secret_file("writer")))
        client = connect(self.s3.endpoint, access, secret, secure=False)
        return Bucket(client, seaweedfs.BUCKET, Lock(), self.threads[1], self.threads[2])

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.bucket, KEK)

    def intake(
        self,
        gate: Gate | None = None,
        evidence: Evidence | None = None,
        room: WaitingRoom | None = None,
        picture_bytes: int = raster.MAX_BYTES,
    ) -> Intake:
        return Intake(
            self.store,
            evidence or self.evidence,
            Pictures(self.threads[0]),
            gate=gate or Gate(frames=32, size_bytes=128 * 1024 * 1024),
            room=room or self.room(),
            clock_limits=ClockLimits(),
            arrived=self.bell.ring,
            picture_bytes=picture_bytes,
        )

    def room(self, frames: int = 1000) -> WaitingRoom:
        return WaitingRoom(self.backlog().count, frames=frames)

    def backlog(self, lease_s: float = 15.0, worker: UUID | None = None) -> Backlog:
        return Backlog(self.pool, worker or ids.uuid7(), timedelta(seconds=lease_s))

    async def register(self, camera_id: str = "cam-1", *, zone: str = ZONE, disabled: bool = False) -> None:
        await self.store.register(camera(camera_id, zone=zone, disabled=disabled))


def camera(camera_id: str = "cam-1", *, zone: str = ZONE, disabled: bool = False) -> Camera:
    return Camera(
        camera_id=camera_id,
        zone=zone,
        name="North gate",
        site="Testlaan 1",
        location=None,
        heading_degrees=90.0,
        lanes=("1", "2"),
        purpose="as authorised",
        disabled=disabled,
    )


def capture(sequence: int = 1, camera_id: str = "cam-1", *, age_s: float = 0.0) -> Capture:
    return Capture(
        camera_id=camera_id,
        sequence=sequence,
        captured_at=datetime.now(UTC) - timedelta(seconds=age_s),
        uncertainty=timedelta(milliseconds=20),
        lane="1",
        direction=Direction.APPROACHING,
        speed_kmh=48.5,
        location=None,
        heading_degrees=0.0,
        track_id="t-7",
        source_event_id="e-9",
    )


def submission(
    picture: bytes, sequence: int = 1, camera_id: str = "cam-1", *, age_s: float = 0.0, backfill: bool = False
) -> Submission:
    return Submission(capture(sequence, camera_id, age_s=age_s), picture, backfill)
