"""Evidence in the real object store: what was tampered with is never given out."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error

from services.common import ids
from services.common.errors import StoreUnavailable
from services.ingest.bucket import Bucket, Lock, connect
from services.ingest.errors import EvidenceAltered, KekMissing
from services.ingest.evidence import Evidence
from services.ingest.frame import Deposit, Frame, Picture
from services.ingest.sealing import Kek
from services.local import seaweedfs
from tests.ingest import pictures
from tests.ingest.parts import ZONE, Parts, capture

pytestmark = [pytest.mark.postgres, pytest.mark.s3]
PICTURE = pictures.jpeg(11)


async def stored(parts: Parts, sequence: int, picture: bytes = PICTURE) -> Frame:
    frame_id, seen, digest = ids.uuid7(), capture(sequence, "cam-ev"), sha256(picture).digest()
    deposit = await parts.evidence.put(frame_id, ZONE, seen, picture, digest)
    what = Picture(digest, len(picture), "image/jpeg", 64, 48)
    return Frame(frame_id, ZONE, seen, False, datetime.now(UTC), what, deposit)


def deposited(frame: Frame, **changes: object) -> Frame:
    return replace(frame, deposit=replace(frame.deposit, **changes))  # type: ignore[arg-type]


async def test_the_object_store_sees_no_picture(parts: Parts, s3: seaweedfs.Server) -> None:
    frame = await stored(parts, 1)
    admin = seaweedfs.client(s3.store, "admin")
    content = admin.get_object(seaweedfs.BUCKET, frame.deposit.object_key).read()
    assert PICTURE[:16] not in content
    assert await parts.evidence.fetch(frame) == PICTURE


async def test_a_corrupt_wrapped_key_is_noticed(parts: Parts) -> None:
    frame = await stored(parts, 2)
    wrapped = bytearray(frame.deposit.wrapped_key)
    wrapped[20] ^= 1
    with pytest.raises(EvidenceAltered):
        await parts.evidence.fetch(deposited(frame, wrapped_key=bytes(wrapped)))


async def test_the_deposit_of_another_frame_is_noticed(parts: Parts) -> None:
    frame, other = await stored(parts, 3), await stored(parts, 4)
    with pytest.raises(EvidenceAltered):
        await parts.evidence.fetch(replace(frame, deposit=other.deposit))
    with pytest.raises(EvidenceAltered):
        await parts.evidence.fetch(
            deposited(frame, object_key=other.deposit.object_key, version_id=other.deposit.version_id)
        )


async def test_another_version_under_the_same_name_is_never_given_out(parts: Parts, s3: seaweedfs.Server) -> None:
    frame = await stored(parts, 5)
    writer = seaweedfs.client(s3.store, "writer")
    size = frame.picture.size_bytes + 28
    newer = writer.put_object(seaweedfs.BUCKET, frame.deposit.object_key, io.BytesIO(bytes(size)), size)
    assert await parts.evidence.fetch(frame) == PICTURE
    with pytest.raises(EvidenceAltered):
        await parts.evidence.fetch(deposited(frame, version_id=str(newer.version_id)))


async def test_a_picture_with_another_hash_is_noticed(parts: Parts) -> None:
    frame = await stored(parts, 6)
    with pytest.raises(EvidenceAltered):
        await parts.evidence.fetch(replace(frame, picture=replace(frame.picture, sha256=bytes(32))))


async def test_an_object_of_another_size_is_noticed(parts: Parts) -> None:
    frame = await stored(parts, 7)
    for size_bytes in (frame.picture.size_bytes - 1, frame.picture.size_bytes + 1):
        with pytest.raises(EvidenceAltered):
            await parts.evidence.fetch(replace(frame, picture=replace(frame.picture, size_bytes=size_bytes)))


@pytest.mark.parametrize("version_id", ["0" * 32, "never-one", "../x"])
async def test_an_object_that_is_gone_is_noticed(parts: Parts, version_id: str) -> None:
    frame = await stored(parts, 8)
    with pytest.raises(EvidenceAltered):
        await parts.evidence.fetch(deposited(frame, version_id=version_id))


async def test_a_delete_marker_hides_nothing(parts: Parts, s3: seaweedfs.Server) -> None:
    frame = await stored(parts, 9)
    seaweedfs.client(s3.store, "writer").remove_object(seaweedfs.BUCKET, frame.deposit.object_key)
    assert await parts.evidence.fetch(frame) == PICTURE


@pytest.mark.parametrize("identity", ["writer", "admin"])
async def test_evidence_under_compliance_cannot_be_deleted(parts: Parts, s3: seaweedfs.Server, identity: str) -> None:
    frame = await stored(parts, 10)
    who = seaweedfs.client(s3.store, identity)
    with pytest.raises(S3Error, match="AccessDenied"):
        who.remove_object(seaweedfs.BUCKET, frame.deposit.object_key, version_id=frame.deposit.version_id)
    assert await parts.evidence.fetch(frame) == PICTURE


async def test_the_lock_is_there_from_the_first_moment(parts: Parts, s3: seaweedfs.Server) -> None:
    frame = await stored(parts, 11)
    retention = seaweedfs.client(s3.store, "admin").get_object_retention(
        seaweedfs.BUCKET, frame.deposit.object_key, version_id=frame.deposit.version_id
    )
    assert retention is not None
    assert retention.mode == COMPLIANCE
    assert abs(retention.retain_until_date - datetime.now(UTC) - timedelta(days=366)) < timedelta(minutes=5)


def test_the_lock_counts_from_the_recording() -> None:
    now = datetime.now(UTC)
    assert Lock(days=366).retention(now - timedelta(days=300), now).retain_until_date == now + timedelta(days=66)
    assert Lock(days=366).retention(now - timedelta(days=366), now).retain_until_date == now + timedelta(days=1)


async def test_without_the_right_key_nothing_is_called_altered(parts: Parts) -> None:
    frame = await stored(parts, 12)
    with pytest.raises(KekMissing):
        await Evidence(parts.bucket, Kek(bytes(32))).fetch(frame)


async def test_a_bucket_without_object_lock_is_refused(parts: Parts, s3: seaweedfs.Server) -> None:
    admin = seaweedfs.client(s3.store, "admin")
    if not admin.bucket_exists("unlocked"):
        admin.make_bucket("unlocked")
    keys = (s3.store.access_file("admin").read_text(), s3.store.secret_file("admin").read_text())
    client = connect(s3.store.endpoint, *keys, secure=False)
    unlocked = Bucket(client, "unlocked", Lock(), parts.threads[1], parts.threads[2])
    with pytest.raises(StoreUnavailable):
        await unlocked.put("some/key", b"content", datetime.now(UTC))


async def test_a_foreign_identity_is_refused(parts: Parts, s3: seaweedfs.Server) -> None:
    client = connect(s3.store.endpoint, "nobody", "nothing", secure=False)
    bucket = Bucket(client, seaweedfs.BUCKET, Lock(), parts.threads[1], parts.threads[2])
    with pytest.raises(StoreUnavailable):
        await bucket.put("some/key", b"content", datetime.now(UTC))
    with pytest.raises(StoreUnavailable):
        await bucket.verify_alive()


def test_a_deposit_does_not_show_its_key() -> None:
    assert "wrapped" not in repr(Deposit("name", "version", b"wrapped", "kek"))
