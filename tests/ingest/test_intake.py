"""The door, on the real database and the real object store."""

import asyncio
import hashlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.common.errors import Refusal, StoreUnavailable
from services.common.picture import PictureTooLarge, PictureUnreadable
from services.common.raster import MAX_BYTES
from services.ingest import sealing
from services.ingest.errors import CameraClockWrong, CameraUnknown, Overloaded, SequenceReused, ZoneForeign
from services.ingest.evidence import Evidence
from services.ingest.frame import Capture, Deposit, Submission
from services.ingest.gate import Gate
from services.local import process, seaweedfs
from tests.engines import Scratch
from tests.ingest import pictures
from tests.ingest.parts import ZONE, Parts, capture, submission, threads

pytestmark = [pytest.mark.postgres, pytest.mark.s3]


def rows(scratch: Scratch) -> int:
    with scratch.connect() as connection:
        found = connection.execute("SELECT count(*) FROM ingest.frame").fetchone()
    assert found is not None
    return int(found[0])


def versions(s3: seaweedfs.Store, prefix: str) -> list[str]:
    admin = seaweedfs.client(s3, "admin")
    found = admin.list_objects(seaweedfs.BUCKET, prefix=prefix, recursive=True, include_version=True)
    return [str(version.version_id) for version in found]


async def test_an_acknowledged_frame_is_in_both_stores(parts: Parts, scratch: Scratch) -> None:
    await parts.register()
    picture = pictures.jpeg()
    taken = await parts.intake().take(submission(picture), ZONE)
    assert (taken.sha256, taken.duplicate, taken.frame_id.version) == (hashlib.sha256(picture).digest(), False, 7)
    claims = await parts.backlog().claim_waiting(10)
    assert [claim.frame_id for claim in claims] == [taken.frame_id]
    frame = claims[0].frame
    assert await parts.evidence.fetch(frame) == picture
    day = frame.capture.captured_at.date().isoformat()
    assert frame.deposit.object_key == f"{ZONE}/cam-1/{day}/{1:020d}-{taken.sha256.hex()[:16]}"
    assert (frame.picture.content_type, frame.picture.width_px, frame.picture.height_px) == ("image/jpeg", 64, 48)


async def test_the_row_holds_all_that_the_camera_said(parts: Parts) -> None:
    await parts.register()
    sent = submission(pictures.jpeg())
    await parts.intake().take(sent, "")
    stored = (await parts.backlog().claim_waiting(1))[0].frame.capture
    assert stored == sent.capture


async def test_the_same_frame_again_gets_the_same_id_and_no_second_object(
    parts: Parts, scratch: Scratch, s3: seaweedfs.Server
) -> None:
    await parts.register("cam-again")
    sent = submission(pictures.jpeg(), camera_id="cam-again")
    first = await parts.intake().take(sent, ZONE)
    again = await parts.intake().take(sent, ZONE)
    assert again == replace(first, duplicate=True)
    assert rows(scratch) == 1
    assert len(versions(s3.store, f"{ZONE}/cam-again/")) == 1


async def test_a_sequence_with_other_bytes_is_refused(parts: Parts, scratch: Scratch) -> None:
    await parts.register()
    await parts.intake().take(submission(pictures.jpeg(1)), ZONE)
    with pytest.raises(SequenceReused):
        await parts.intake().take(submission(pictures.jpeg(2)), ZONE)
    assert rows(scratch) == 1


class Slow(Evidence):
    """Stores, and then waits until everybody has stored: all are past the look for an earlier frame."""

    def __init__(self, inner: Evidence, barrier: asyncio.Barrier) -> None:
        self._inner, self._barrier = inner, barrier

    async def put(self, *values: object) -> Deposit:
        deposit = await self._inner.put(*values)  # type: ignore[arg-type]
        await self._barrier.wait()
        return deposit


async def test_of_racing_duplicates_one_wins_and_the_others_get_its_id(parts: Parts, scratch: Scratch) -> None:
    await parts.register()
    barrier = asyncio.Barrier(6)
    intakes = [parts.intake(evidence=Slow(parts.evidence, barrier)) for _ in range(6)]
    sent = submission(pictures.jpeg())
    taken = await asyncio.gather(*(intake.take(sent, ZONE) for intake in intakes))
    assert len({one.frame_id for one in taken}) == 1
    assert sorted(one.duplicate for one in taken) == [False] + [True] * 5
    assert rows(scratch) == 1
    assert await parts.evidence.fetch((await parts.backlog().claim_waiting(1))[0].frame) == sent.picture


async def test_of_racing_frames_with_one_sequence_the_loser_is_refused(parts: Parts, scratch: Scratch) -> None:
    await parts.register()
    barrier = asyncio.Barrier(2)
    intakes = [parts.intake(evidence=Slow(parts.evidence, barrier)) for _ in range(2)]
    sent = [submission(pictures.jpeg(shade)) for shade in (1, 2)]
    outcomes = await asyncio.gather(
        *(intake.take(one, ZONE) for intake, one in zip(intakes, sent, strict=True)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Acknowledgement", "SequenceReused"]
    assert rows(scratch) == 1


UNKNOWN = submission(b"", camera_id="cam-nowhere")
REFUSALS: list[tuple[str, Submission, type[Refusal]]] = [
    ("unknown camera", replace(UNKNOWN, picture=pictures.jpeg()), CameraUnknown),
    ("disabled camera", submission(pictures.jpeg(), camera_id="cam-off"), CameraUnknown),
    ("camera of another zone", submission(pictures.jpeg(), camera_id="cam-foreign"), ZoneForeign),
    ("clock ahead", submission(pictures.jpeg(), age_s=-3600), CameraClockWrong),
    ("older than anything kept", submission(pictures.jpeg(), age_s=367 * 86400, backfill=True), CameraClockWrong),
    ("0 bytes", submission(b""), PictureUnreadable),
    ("text", submission(b"not a picture at all\n" * 50), PictureUnreadable),
    ("truncated", submission(pictures.truncated()), PictureUnreadable),
    ("bomb", submission(pictures.bomb()), PictureTooLarge),
    ("too many bytes", submission(pictures.jpeg() + bytes(MAX_BYTES)), PictureTooLarge),
]


async def test_a_region_may_take_smaller_pictures_only(parts: Parts, scratch: Scratch) -> None:
    await parts.register()
    picture = pictures.jpeg()
    with pytest.raises(PictureTooLarge):
        await parts.intake(picture_bytes=len(picture) - 1).take(submission(picture), ZONE)
    assert rows(scratch) == 0
    await parts.intake(picture_bytes=len(picture)).take(submission(picture), ZONE)
    assert rows(scratch) == 1


@pytest.mark.parametrize(("sent", "refusal"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS])
async def test_what_is_refused_leaves_nothing(
    parts: Parts, scratch: Scratch, s3: seaweedfs.Server, sent: Submission, refusal: type[Refusal]
) -> None:
    await parts.register()
    await parts.register("cam-off", disabled=True)
    await parts.register("cam-foreign", zone="zone-two")
    sent = replace(sent, capture=replace(sent.capture, sequence=987_654_321))
    with pytest.raises(refusal):
        await parts.intake().take(sent, ZONE)
    assert rows(scratch) == 0
    assert not [key for key in object_keys(s3.store) if "987654321" in key]


def object_keys(s3: seaweedfs.Store) -> list[str]:
    admin = seaweedfs.client(s3, "admin")
    return [str(found.object_name) for found in admin.list_objects(seaweedfs.BUCKET, recursive=True)]


async def test_a_late_frame_is_a_backfill_whatever_the_camera_says(parts: Parts) -> None:
    await parts.register()
    intake = parts.intake()
    for sequence, (age_s, says) in enumerate([(0, False), (0, True), (90, False), (90, True)], start=1):
        await intake.take(submission(pictures.jpeg(), sequence, age_s=age_s, backfill=says), ZONE)
    claims = await parts.backlog().claim_waiting(10)
    marks = {claim.frame.capture.sequence: claim.frame.backfill for claim in claims}
    assert marks == {1: False, 2: True, 3: True, 4: True}


async def test_a_full_gate_refuses_and_names_a_delay(parts: Parts, scratch: Scratch) -> None:
    await parts.register()
    gate = Gate(frames=1, size_bytes=10_000_000, retry_delay_s=2.5, chance=lambda: 0.5)
    with gate.admit("another", 1), pytest.raises(Overloaded) as refused:
        await parts.intake(gate).take(submission(pictures.jpeg()), ZONE)
    assert refused.value.retry_delay_s == 2.5
    assert rows(scratch) == 0
    assert not (await parts.intake(gate).take(submission(pictures.jpeg()), ZONE)).duplicate


async def test_the_gate_counts_bytes_too(parts: Parts) -> None:
    await parts.register()
    picture = pictures.jpeg()
    gate = Gate(frames=10, size_bytes=len(picture))
    with gate.admit("another", 1), pytest.raises(Overloaded):
        await parts.intake(gate).take(submission(picture), ZONE)
    await parts.intake(gate).take(submission(picture), ZONE)


async def test_with_the_object_store_killed_nothing_is_acknowledged(
    parts: Parts, scratch: Scratch, tmp_path: Path
) -> None:
    await parts.register()
    server = seaweedfs.start(tmp_path / "own")
    with threads() as pools:
        mortal = Parts(parts.pool, server.store, pools)
        intake = mortal.intake()
        await intake.take(submission(pictures.jpeg(), 1), ZONE)
        process.kill(server.child)
        with pytest.raises(StoreUnavailable):
            await intake.take(submission(pictures.jpeg(), 2), ZONE)
    assert rows(scratch) == 1


@contextmanager
def stopped(s3: seaweedfs.Server) -> Iterator[None]:
    """The object store accepts connections and never answers."""
    os.killpg(s3.child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(s3.child.pid, signal.SIGCONT)


async def test_with_the_object_store_hung_nothing_is_acknowledged(
    parts: Parts, scratch: Scratch, s3: seaweedfs.Server
) -> None:
    await parts.register()
    intake = parts.intake()
    with stopped(s3), pytest.raises(StoreUnavailable):
        await intake.take(submission(pictures.jpeg()), ZONE)
    assert rows(scratch) == 0
    assert not (await intake.take(submission(pictures.jpeg()), ZONE)).duplicate


async def test_without_its_row_a_stored_frame_is_not_acknowledged(parts: Parts, scratch: Scratch) -> None:
    await parts.register()
    with scratch.connect() as connection:
        connection.execute("REVOKE INSERT ON ingest.frame FROM ingest_writer")
    with pytest.raises(Exception, match="InsufficientPrivilege"):
        await parts.intake().take(submission(pictures.jpeg()), ZONE)
    with scratch.connect() as connection:
        connection.execute("GRANT INSERT ON ingest.frame TO ingest_writer")
    taken = await parts.intake().take(submission(pictures.jpeg()), ZONE)
    assert not taken.duplicate
    assert await parts.evidence.fetch((await parts.backlog().claim_waiting(1))[0].frame) == pictures.jpeg()


def test_the_object_name_follows_from_the_frame_alone() -> None:
    late: Capture = replace(capture(42), captured_at=capture().captured_at.replace(hour=23, minute=59))
    shifted = replace(late, captured_at=late.captured_at.astimezone(tz=None) + timedelta(0))
    assert sealing.object_key(ZONE, late, bytes(32)) == sealing.object_key(ZONE, shifted, bytes(32))
    assert sealing.object_key(ZONE, late, bytes(32)).endswith(f"/{42:020d}-{'0' * 16}")
