"""SQL of cameras and arriving frames. That of handing frames over is in backlog.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.rows import DictRow, dict_row

from services.common.database import Database
from services.common.errors import ClockOff
from services.ingest.camera import Camera, Location
from services.ingest.errors import CameraUnknown, ZoneForeign
from services.ingest.frame import Frame, Holder

CLOCK_TOLERANCE = timedelta(seconds=2)

SELECT_ARRIVAL = """
SELECT clock_timestamp() AS now, camera.zone, camera.disabled, frame.frame_id, frame.sha256
FROM (VALUES (%(camera_id)s, %(sequence)s::bigint)) AS asked (camera_id, sequence)
LEFT JOIN ingest.camera ON camera.camera_id = asked.camera_id
LEFT JOIN ingest.frame ON frame.camera_id = asked.camera_id AND frame.sequence = asked.sequence
"""
INSERT_FRAME = """
INSERT INTO ingest.frame (
    frame_id, camera_id, zone, sequence, captured_at, uncertainty, lane, direction, speed_kmh, latitude, longitude,
    heading_degrees, track_id, source_event_id, backfill, received_at, sha256, size_bytes, content_type, width_px, height_px,
    object_key, version_id, wrapped_key, kek_id)
VALUES (
    %(frame_id)s, %(camera_id)s, %(zone)s, %(sequence)s, %(captured_at)s, %(uncertainty)s, %(lane)s, %(direction)s,
    %(speed_kmh)s, %(latitude)s, %(longitude)s, %(heading_degrees)s, %(track_id)s, %(source_event_id)s, %(backfill)s,
    %(received_at)s, %(sha256)s, %(size_bytes)s, %(content_type)s, %(width_px)s, %(height_px)s, %(object_key)s,
    %(version_id)s, %(wrapped_key)s, %(kek_id)s)
ON CONFLICT (camera_id, sequence) DO NOTHING
"""
# A statement of its own, after the insert: it sees what the insert ran into, even when that was committed meanwhile.
SELECT_HOLDER = "SELECT frame_id, sha256 FROM ingest.frame WHERE camera_id = %(camera_id)s AND sequence = %(sequence)s"
UPSERT_CAMERA = """
INSERT INTO ingest.camera AS camera
    (camera_id, zone, name, site, latitude, longitude, heading_degrees, lanes, purpose, disabled)
VALUES (%(camera_id)s, %(zone)s, %(name)s, %(site)s, %(latitude)s, %(longitude)s, %(heading_degrees)s, %(lanes)s, %(purpose)s,
    %(disabled)s)
ON CONFLICT (camera_id) DO UPDATE SET
    name = excluded.name, site = excluded.site, latitude = excluded.latitude, longitude = excluded.longitude,
    heading_degrees = excluded.heading_degrees, lanes = excluded.lanes, purpose = excluded.purpose,
    disabled = excluded.disabled, changed_at = now()
WHERE camera.zone = excluded.zone
RETURNING camera_id
"""
SELECT_CAMERAS = """
SELECT camera_id, zone, name, site, latitude, longitude, heading_degrees, lanes, purpose, disabled FROM ingest.camera
WHERE (%(zone)s::text = '' OR zone = %(zone)s) AND camera_id > %(after)s ORDER BY camera_id LIMIT %(limit)s
"""
SELECT_CAMERA = """
SELECT camera_id, zone, name, site, latitude, longitude, heading_degrees, lanes, purpose, disabled FROM ingest.camera
WHERE camera_id = %(camera_id)s AND (%(zone)s::text = '' OR zone = %(zone)s)
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the database knows when a frame arrives, and its clock.

    registered: the camera is known and enabled; zone: the camera's; holder: the frame that has this sequence, None when free.
    """

    now: datetime
    registered: bool
    zone: str
    holder: Holder | None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """Cameras and frames. `clock` is this process's own."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = _utc_now) -> None:
        self._database, self._clock = database, clock

    async def arrival(self, camera_id: str, sequence: int) -> Arrival:
        """One look at everything that decides about a frame. Raises StoreUnavailable or ClockOff."""
        row = await self._timed(SELECT_ARRIVAL, {"camera_id": camera_id, "sequence": sequence})
        holder = None if row["frame_id"] is None else Holder(row["frame_id"], row["sha256"])
        return Arrival(row["now"], row["disabled"] is False, row["zone"] or "", holder)

    async def add(self, frame: Frame) -> Holder:
        """Commits a frame, and returns the one that holds its sequence now: this one, or another that was faster."""
        capture = frame.capture
        async with self._database.transaction() as connection:
            await connection.execute(INSERT_FRAME, _frame_values(frame))
            rows = await connection.execute(
                SELECT_HOLDER, {"camera_id": capture.camera_id, "sequence": capture.sequence}
            )
            holder = await rows.fetchone()
        if holder is None:
            raise AssertionError("neither this frame nor another one holds the sequence")
        return Holder(*holder)

    async def register(self, camera: Camera) -> None:
        """Adds a camera or replaces its description. Raises ZoneForeign when it is another zone's."""
        async with self._database.transaction() as connection:
            rows = await connection.execute(UPSERT_CAMERA, _camera_values(camera))
            if await rows.fetchone() is None:
                raise ZoneForeign("the camera belongs to another zone")

    async def camera(self, camera_id: str, zone: str) -> Camera:
        """One camera of the zone, of any zone when that is empty. Raises CameraUnknown."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=dict_row) as rows:
            await rows.execute(SELECT_CAMERA, {"camera_id": camera_id, "zone": zone})
            row = await rows.fetchone()
        if row is None:
            raise CameraUnknown("no camera has this id")
        return _camera(row)

    async def cameras(self, zone: str, after: str, limit: int) -> list[Camera]:
        """Cameras by id, from the one after `after`."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=dict_row) as rows:
            await rows.execute(SELECT_CAMERAS, {"zone": zone, "after": after, "limit": limit})
            return [_camera(row) for row in await rows.fetchall()]

    async def verify_alive(self) -> None:
        """Raises StoreUnavailable, or ClockOff."""
        await self._timed("SELECT clock_timestamp() AS now", {})

    async def _timed(self, query: str, values: dict[str, Any]) -> DictRow:
        """Runs a query whose row has the database's `now`, and compares that with our own clock before and after."""
        async with self._database.transaction() as connection, connection.cursor(row_factory=dict_row) as rows:
            before = self._clock()
            await rows.execute(query, values)
            row = await rows.fetchone()
            after = self._clock()
        if row is None:
            raise AssertionError("a query without a FROM that could be empty gave no row")
        if not before - CLOCK_TOLERANCE <= row["now"] <= after + CLOCK_TOLERANCE:
            raise ClockOff("this replica's clock is off")
        return row


def _frame_values(frame: Frame) -> dict[str, object]:
    capture, picture, deposit = frame.capture, frame.picture, frame.deposit
    return {
        "frame_id": frame.frame_id,
        "camera_id": capture.camera_id,
        "zone": frame.zone,
        "sequence": capture.sequence,
        "captured_at": capture.captured_at,
        "uncertainty": capture.uncertainty,
        "lane": capture.lane,
        "direction": int(capture.direction),
        "speed_kmh": capture.speed_kmh,
        **_coordinates(capture.location),
        "heading_degrees": capture.heading_degrees,
        "track_id": capture.track_id,
        "source_event_id": capture.source_event_id,
        "backfill": frame.backfill,
        "received_at": frame.received_at,
        "sha256": picture.sha256,
        "size_bytes": picture.size_bytes,
        "content_type": picture.content_type,
        "width_px": picture.width_px,
        "height_px": picture.height_px,
        "object_key": deposit.object_key,
        "version_id": deposit.version_id,
        "wrapped_key": deposit.wrapped_key,
        "kek_id": deposit.kek_id,
    }


def _camera_values(camera: Camera) -> dict[str, object]:
    return {
        "camera_id": camera.camera_id,
        "zone": camera.zone,
        "name": camera.name,
        "site": camera.site,
        **_coordinates(camera.location),
        "heading_degrees": camera.heading_degrees,
        "lanes": list(camera.lanes),
        "purpose": camera.purpose,
        "disabled": camera.disabled,
    }


def _coordinates(location: Location | None) -> dict[str, object]:
    if location is None:
        return {"latitude": None, "longitude": None}
    return {"latitude": location.latitude, "longitude": location.longitude}


def location(row: DictRow) -> Location | None:
    """The position in a row that has `latitude` and `longitude`."""
    return None if row["latitude"] is None else Location(row["latitude"], row["longitude"])


def _camera(row: DictRow) -> Camera:
    return Camera(
        camera_id=row["camera_id"],
        zone=row["zone"],
        name=row["name"],
        site=row["site"],
        location=location(row),
        heading_degrees=row["heading_degrees"],
        lanes=tuple(row["lanes"]),
        purpose=row["purpose"],
        disabled=row["disabled"],
    )
