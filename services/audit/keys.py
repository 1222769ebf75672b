"""The keys of the log behind small interfaces, so that a token or a key service can take the place of files.

Signing keys are `note.Signer`s. A key check is a keyed digest that is stored beside what the key protects: it tells a wrong key
from the right one and gives nothing away.
"""

import hmac
from typing import Protocol
from uuid import UUID

_CHECK = b"anpr-audit/check/v1\0"
_TAG_KEY = b"anpr-audit/tag-key/v1\0"


class KeyProblem(Exception):
    """A key is missing, or is not the one that the log was written with. The service must not start."""


class KeyDestroyed(KeyProblem):
    """The key was destroyed, as the law demands, and is never made again."""


class EpochKeys(Protocol):
    """Wraps the secrets of entries, one key per epoch. Calls for an epoch without a key raise KeyProblem."""

    def has(self, epoch: str) -> bool:
        """Whether the epoch's key exists."""

    def create(self, epoch: str) -> None:
        """Makes the epoch's key, durably; keeps the one that another process has made meanwhile. Raises KeyDestroyed."""

    def destroy(self, epoch: str) -> None:
        """Destroys the epoch's key for all processes, durably and for ever. May be called again, and without a key."""

    def is_destroyed(self, epoch: str) -> bool:
        """Whether `destroy` has done its work to the end."""

    def check(self, epoch: str) -> bytes:
        """Key check of the epoch's key."""

    def wrap(self, epoch: str, entry_id: UUID, secret: bytes) -> bytes:
        """See `seal.wrap`."""

    def unwrap(self, epoch: str, entry_id: UUID, wrapped: bytes) -> bytes:
        """See `seal.unwrap`. Raises SealBroken."""


class TagKeys(Protocol):
    """Turns what is searched for into tags that mean nothing without the key, others in each epoch."""

    def check(self, epoch: str) -> bytes:
        """Key check for the epoch."""

    def tag(self, epoch: str, field: str, value: str) -> bytes:
        """Tag of a value of a field."""

    def page_mark(self, text: bytes) -> bytes:
        """Tag that binds a page token to its search."""


def check(key: bytes, epoch: str) -> bytes:
    """The key check of a key for an epoch."""
    return hmac.digest(key, _CHECK + epoch.encode(), "sha256")


def tag_key(key: bytes, epoch: str, field: str) -> bytes:
    """HMAC-SHA256(key, "anpr-audit/tag-key/v1\\0" || epoch || "\\0" || field): the key of the tags of a field in an epoch."""
    return hmac.digest(key, _TAG_KEY + f"{epoch}\0{field}".encode(), "sha256")


def tag(key: bytes, value: str) -> bytes:
    """HMAC-SHA256(tag key, value)."""
    return hmac.digest(key, value.encode(), "sha256")
