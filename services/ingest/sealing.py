"""How evidence is encrypted and named. Pure functions; the formats are these:

* object: nonce (12 bytes) || AES-256-GCM ciphertext and tag, under a key that only this frame has
* wrapped key: nonce (12 bytes) || AES-256-GCM of the frame's key, under the key-encryption key (KEK)

Both are bound by their associated data to the frame they belong to, so neither can be moved to another one unnoticed.
Destroying the wrapped key erases the frame, even under an object lock.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.ingest.errors import EvidenceAltered
from services.ingest.frame import Capture

KEY_BYTES = 32
NONCE_BYTES = 12
OVERHEAD_BYTES = NONCE_BYTES + 16  # what an object is larger than its picture


@dataclass(frozen=True, slots=True)
class Kek:
    """The key-encryption key of the region, 32 bytes."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ValueError(f"a key-encryption key has {KEY_BYTES} bytes")

    @property
    def kek_id(self) -> str:
        """Names the key without revealing it, so that a frame tells which key it needs after a rotation."""
        return hashlib.sha256(b"anpr kek id\n" + self.secret).hexdigest()[:16]


def object_key(zone: str, capture: Capture, sha256: bytes) -> str:
    """The name of a frame's object: the same frame always gets the same name, whoever stores it."""
    day = capture.captured_at.astimezone(UTC).date().isoformat()
    return f"{zone}/{capture.camera_id}/{day}/{capture.sequence:020d}-{sha256.hex()[:16]}"


def new_key() -> bytes:
    """A random key for one frame."""
    return secrets.token_bytes(KEY_BYTES)


def seal(picture: bytes, key: bytes, frame_id: UUID, capture: Capture) -> bytes:
    """The object's bytes."""
    return _encrypt(key, picture, _frame_data(frame_id, capture))


def open_sealed(content: bytes, key: bytes, frame_id: UUID, capture: Capture) -> bytes:
    """The picture. Raises EvidenceAltered."""
    return _decrypt(key, content, _frame_data(frame_id, capture))


def wrap(key: bytes, kek: Kek, frame_id: UUID) -> bytes:
    """The frame's key as it is stored."""
    return _encrypt(kek.secret, key, _key_data(frame_id))


def unwrap(wrapped: bytes, kek: Kek, frame_id: UUID) -> bytes:
    """The frame's key. Raises EvidenceAltered."""
    return _decrypt(kek.secret, wrapped, _key_data(frame_id))


def _frame_data(frame_id: UUID, capture: Capture) -> bytes:
    return f"anpr evidence 1\n{frame_id}\n{capture.camera_id}\n{capture.sequence}\n".encode()


def _key_data(frame_id: UUID) -> bytes:
    return f"anpr evidence key 1\n{frame_id}\n".encode()


def _encrypt(key: bytes, plain: bytes, data: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, data)


def _decrypt(key: bytes, content: bytes, data: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], data)
    except (InvalidTag, ValueError) as cause:
        raise EvidenceAltered("the evidence is not what was stored") from cause
