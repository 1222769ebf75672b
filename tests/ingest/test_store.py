"""SQL of cameras and arrivals, and what each role may do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from services.common.errors import ClockOff
from services.ingest.camera import Location
from services.ingest.errors import CameraUnknown, ZoneForeign
from services.ingest.store import Store
from tests.engines import Scratch
from tests.ingest import pictures
from tests.ingest.parts import ZONE, Parts, camera, submission

pytestmark = pytest.mark.postgres


async def test_a_camera_is_kept_as_registered(parts: Parts) -> None:
    one = replace(camera("cam-7"), location=Location(50.85, 4.35))
    await parts.store.register(one)
    assert await parts.store.camera("cam-7", "") == one
    changed = replace(one, name="South gate", location=None, disabled=True)
    await parts.store.register(changed)
    assert await parts.store.camera("cam-7", ZONE) == changed


async def test_a_camera_never_changes_its_zone(parts: Parts) -> None:
    await parts.register("cam-7")
    with pytest.raises(ZoneForeign):
        await parts.register("cam-7", zone="zone-two")
    assert (await parts.store.camera("cam-7", "")).zone == ZONE


async def test_a_zone_sees_its_own_cameras(parts: Parts) -> None:
    await parts.register("cam-1")
    await parts.register("cam-2", zone="zone-two")
    assert [one.camera_id for one in await parts.store.cameras(ZONE, "", 10)] == ["cam-1"]
    assert [one.camera_id for one in await parts.store.cameras("", "", 10)] == ["cam-1", "cam-2"]
    with pytest.raises(CameraUnknown):
        await parts.store.camera("cam-2", ZONE)


async def test_pages_go_on_after_the_last_camera(parts: Parts) -> None:
    for number in range(5):
        await parts.register(f"cam-{number}")
    first = await parts.store.cameras("", "", 2)
    second = await parts.store.cameras("", first[-1].camera_id, 10)
    assert [one.camera_id for one in (*first, *second)] == [f"cam-{number}" for number in range(5)]


@pytest.mark.parametrize("off_s", [-3600, -2.5, 2.5, 3600])
async def test_a_replica_whose_clock_is_off_refuses_itself(parts: Parts, off_s: float) -> None:
    store = Store(parts.pool, clock=lambda: datetime.now(UTC) + timedelta(seconds=off_s))
    with pytest.raises(ClockOff):
        await store.arrival("cam-1", 1)
    with pytest.raises(ClockOff):
        await store.verify_alive()


async def test_a_small_difference_of_clocks_is_no_matter(parts: Parts) -> None:
    await Store(parts.pool, clock=lambda: datetime.now(UTC) + timedelta(seconds=1)).verify_alive()


WRITER_MAY_NOT = [
    "DELETE FROM ingest.frame",
    "DELETE FROM ingest.frame_result",
    "DELETE FROM ingest.camera",
    "TRUNCATE ingest.frame_result",
    "UPDATE ingest.frame SET sha256 = sha256",
    "UPDATE ingest.frame SET captured_at = now()",
    "UPDATE ingest.frame SET wrapped_key = ''",
    "UPDATE ingest.frame_result SET reads = ''",
    "UPDATE ingest.camera SET zone = 'zone-two'",
    "ALTER TABLE ingest.frame DISABLE TRIGGER ALL",
    "DROP TABLE ingest.frame",
]
READER_MAY_NOT = [
    "SELECT wrapped_key FROM ingest.frame",
    "SELECT * FROM ingest.frame",
    "SELECT * FROM ingest.frame_result",
    "UPDATE ingest.frame SET attempts = 0",
    "INSERT INTO ingest.camera SELECT * FROM ingest.camera",
]


@pytest.mark.parametrize(("role", "statements"), [("ingest_writer", WRITER_MAY_NOT), ("ingest_reader", READER_MAY_NOT)])
def test_a_role_may_not_more_than_its_work(scratch: Scratch, role: str, statements: list[str]) -> None:
    with scratch.connect(role) as connection:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_other_services_see_nothing(scratch: Scratch) -> None:
    for role in ("matching_writer", "matching_reader", "matching_owner"):
        with scratch.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT camera_id FROM ingest.camera")


@pytest.mark.s3
async def test_claims_are_found_by_their_index(parts: Parts, scratch: Scratch) -> None:
    """With thousands of frames done, looking for the few that wait must not look at the others."""
    await parts.register()
    await parts.intake().take(submission(pictures.jpeg()), ZONE)
    with scratch.connect() as connection:
        connection.execute("""
            INSERT INTO ingest.frame SELECT gen_random_uuid(), camera_id, zone, sequence + number, captured_at, uncertainty, lane,
                direction, speed_kmh, latitude, longitude, heading_degrees, track_id, source_event_id, backfill, received_at,
                sha256, size_bytes, content_type, width_px, height_px, object_key, version_id, wrapped_key, kek_id,
                'done', 1, 0, now(), NULL, NULL, now()
            FROM ingest.frame, generate_series(1, 20000) AS number""")
        connection.execute("ANALYZE ingest.frame")
        plan = connection.execute("""
            EXPLAIN SELECT frame_id FROM ingest.frame
            WHERE state = 'waiting' AND next_attempt_at <= now() AND (claimed_until IS NULL OR claimed_until <= now())
            ORDER BY backfill, next_attempt_at LIMIT 4 FOR UPDATE SKIP LOCKED""").fetchall()
    assert any("frame_waiting" in str(line[0]) for line in plan)
    assert not any("Seq Scan" in str(line[0]) or "Sort" in str(line[0]) for line in plan)
