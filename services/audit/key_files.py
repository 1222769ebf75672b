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
from services.audit.keys import KeyDestroyed, KeyProblem
from services.common.note import ED25519, VerifierKey

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
    """A file of 32 bytes per epoch in one folder, such as 2026-11.std.key. See `keys.EpochKeys`.

    A destroyed key leaves an empty file behind, such as 2026-11.std.destroyed, which is written first: from then on no process
    uses the key or makes another, whatever happens before the key itself is gone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[bytes, str]] = {}  # with the name of its tombstone

    def has(self, epoch: str) -> bool:
        """Whether the epoch's key exists. A copy in memory goes as soon as there is a tombstone."""
        if self._tombstone(epoch).exists():
            self._read.pop(epoch, None)
            return False
        return self._file(epoch).exists()

    def create(self, epoch: str) -> None:
        """Makes the key file unless another replica has: written and synced under another name first, then linked, so that it is
        never there in part. It is on disk afterwards, whoever made it.
        """
        self._verify_not_destroyed(epoch)
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
        self._sync()

    def destroy(self, epoch: str) -> None:
        """Tombstone, zeros over the key, and then the file's end; each on disk before the next. A draft that a kill left behind
        may be the same file, and goes too.
        """
        self._read.pop(epoch, None)
        os.close(os.open(self._tombstone(epoch), os.O_WRONLY | os.O_CREAT, 0o600))
        self._sync()
        for file in (self._file(epoch), *self._same_as(self._file(epoch))):
            _shred(file)
        self._sync()

    def is_destroyed(self, epoch: str) -> bool:
        """Whether the tombstone stands and the key is gone."""
        return self._tombstone(epoch).exists() and not self._file(epoch).exists()

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
            self._read[epoch] = (self._load(epoch), str(self._tombstone(epoch)))
        key, tombstone = self._read[epoch]
        if os.path.exists(tombstone):  # a microsecond: this is on every entry's way
            del self._read[epoch]
            raise KeyDestroyed(f"the key of epoch {epoch} was destroyed")
        return key

    def _load(self, epoch: str) -> bytes:
        self._verify_not_destroyed(epoch)
        try:
            key = self._file(epoch).read_bytes()
        except FileNotFoundError as cause:
            raise KeyProblem(f"the key of epoch {epoch} is missing") from cause
        if len(key) != seal.KEY_BYTES:
            raise KeyProblem(f"the key of epoch {epoch} does not have {seal.KEY_BYTES} bytes")
        return key

    def _verify_not_destroyed(self, epoch: str) -> None:
        if self._tombstone(epoch).exists():
            raise KeyDestroyed(f"the key of epoch {epoch} was destroyed")

    def _same_as(self, key: Path) -> list[Path]:
        """Other names of the key's file: a kill between link and unlink leaves one."""
        return [draft for draft in self._folder.glob(".*.draft") if key.exists() and draft.samefile(key)]

    def _sync(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _file(self, epoch: str) -> Path:
        return self._named(epoch, "key")

    def _tombstone(self, epoch: str) -> Path:
        return self._named(epoch, "destroyed")

    def _named(self, epoch: str, ending: str) -> Path:
        if not EPOCH.fullmatch(epoch):
            raise KeyProblem("that is no name of an epoch")
        return self._folder / f"{epoch.replace('/', '.')}.{ending}"


def _shred(file: Path) -> None:
    """Zeros over the bytes, then no name. A disk that writes elsewhere each time keeps the old ones: docs/keys.md."""
    try:
        descriptor = os.open(file, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        os.write(descriptor, bytes(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    file.unlink(missing_ok=True)
