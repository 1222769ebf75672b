"""Keys in files that only this service's account can read."""

import hmac
import os
import secrets
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.audit import keys, seal
from services.audit.entry import EPOCH
from services.audit.keys import KeyProblem
from services.audit.note import ED25519, VerifierKey

_PAGE = b"anpr-audit/page/v1\0"


class FileSigner:
    """An Ed25519 key from its 32-byte seed. See `note.Signer`. algorithm: `note.COSIGNATURE` for the key of a witness."""

    def __init__(self, name: str, seed: bytes, algorithm: int = ED25519) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._verifier = VerifierKey(name, public, algorithm)

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return self._verifier

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature."""
        return self._private.sign(message)


class FileTagKeys:
    """Tags under one 32-byte key. See `keys.TagKeys`."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._tag_keys: dict[tuple[str, str], bytes] = {}

    def check(self, epoch: str) -> bytes:
        """Key check for the epoch."""
        return keys.check(self._key, epoch)

    def tag(self, epoch: str, field: str, value: str) -> bytes:
        """Tag of a value of a field."""
        if (tag_key := self._tag_keys.get((epoch, field))) is None:
            tag_key = self._tag_keys[epoch, field] = keys.tag_key(self._key, epoch, field)
        return keys.tag(tag_key, value)

    def page_mark(self, text: bytes) -> bytes:
        """Tag that binds a page token to its search."""
        return hmac.digest(self._key, _PAGE + text, "sha256")[:16]


class FileEpochKeys:
    """A file of 32 bytes per epoch in one folder, such as 2026-11.std.key. See `keys.EpochKeys`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, bytes] = {}

    def has(self, epoch: str) -> bool:
        """Whether the epoch's key exists."""
        return self._file(epoch).exists()

    def create(self, epoch: str) -> None:
        """Makes the key file unless another replica has: written and synced under another name first, then linked, so that it is
        never there in part. It is on disk afterwards, whoever made it.
        """
        draft = self._folder / f".{secrets.token_hex(8)}.draft"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, secrets.token_bytes(seal.KEY_BYTES))
            os.fsync(descriptor)
            os.link(draft, self._file(epoch))
        except FileExistsError:
            pass
        finally:
            os.close(descriptor)
            draft.unlink()
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def check(self, epoch: str) -> bytes:
        """Key check of the epoch's key."""
        return keys.check(self._key(epoch), epoch)

    def wrap(self, epoch: str, entry_id: UUID, secret: bytes) -> bytes:
        """See `seal.wrap`."""
        return seal.wrap(self._key(epoch), entry_id, secret)

    def unwrap(self, epoch: str, entry_id: UUID, wrapped: bytes) -> bytes:
        """See `seal.unwrap`."""
        return seal.unwrap(self._key(epoch), entry_id, wrapped)

    def _key(self, epoch: str) -> bytes:
        if epoch not in self._read:
            self._read[epoch] = self._load(epoch)
        return self._read[epoch]

    def _load(self, epoch: str) -> bytes:
        try:
            key = self._file(epoch).read_bytes()
        except FileNotFoundError as cause:
            raise KeyProblem(f"the key of epoch {epoch} is missing") from cause
        if len(key) != seal.KEY_BYTES:
            raise KeyProblem(f"the key of epoch {epoch} does not have {seal.KEY_BYTES} bytes")
        return key

    def _file(self, epoch: str) -> Path:
        if not EPOCH.fullmatch(epoch):
            raise KeyProblem("that is no name of an epoch")
        return self._folder / f"{epoch.replace('/', '.')}.key"
