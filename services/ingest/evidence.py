"""Evidence frames: encrypted under a key of their own, stored under a lock, and checked whenever they are read."""

import hashlib
from uuid import UUID

from services.ingest import sealing
from services.ingest.bucket import Bucket
from services.ingest.errors import EvidenceAltered, KekMissing
from services.ingest.frame import Capture, Deposit, Frame
from services.ingest.sealing import Kek


class Evidence:
    """The frames in the bucket."""

    def __init__(self, bucket: Bucket, kek: Kek) -> None:
        self._bucket, self._kek = bucket, kek

    async def put(self, frame_id: UUID, zone: str, capture: Capture, picture: bytes, sha256: bytes) -> Deposit:
        """Encrypts and stores a picture. Raises StoreUnavailable when it is not certain that the store has it.

        When no row follows, the object is an orphan that nobody can read: its key was never stored anywhere.
        """
        key = sealing.new_key()
        name = sealing.object_key(zone, capture, sha256)
        sealed = sealing.seal(picture, key, frame_id, capture)
        version_id = await self._bucket.put(name, sealed, capture.captured_at)
        return Deposit(name, version_id, sealing.wrap(key, self._kek, frame_id), self._kek.kek_id)

    async def fetch(self, frame: Frame) -> bytes:
        """The picture as the camera sent it. Raises EvidenceAltered, KekMissing or StoreUnavailable.

        1. The wrapped key opens under our key, for this frame.
        2. The object has the size that was stored, and opens under that key, for this frame.
        3. The picture has the hash that was made at the door.
        """
        if frame.deposit.kek_id != self._kek.kek_id:
            raise KekMissing("the frame's key is wrapped under a key that this service was not given")
        key = sealing.unwrap(frame.deposit.wrapped_key, self._kek, frame.frame_id)
        size_bytes = frame.picture.size_bytes + sealing.OVERHEAD_BYTES
        content = await self._bucket.get(frame.deposit.object_key, frame.deposit.version_id, size_bytes)
        picture = sealing.open_sealed(content, key, frame.frame_id, frame.capture)
        if hashlib.sha256(picture).digest() != frame.picture.sha256:
            raise EvidenceAltered("the evidence does not have the hash it was stored with")
        return picture
