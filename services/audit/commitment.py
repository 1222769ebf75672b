"""The commitment to what an entry says, field by field, so that some fields can be shown and the rest stay hidden.

s is a secret of 32 random bytes per entry. Who has no salt learns nothing about a field; when s is destroyed nobody does.

    salt(n)    = HMAC-SHA256(s, "anpr-audit/salt/v1\\0" || n)
    field(n,v) = SHA-256("anpr-audit/field/v1\\0" || salt(n) || JCS([n, v]))
    C          = SHA-256("anpr-audit/commit/v1\\0" || field(n1) || field(n2) ...)      all fields, sorted by name
"""

from collections.abc import Mapping
from hashlib import sha256

from services.audit import jcs
from services.audit.jcs import Value

SECRET_BYTES = 32
_SALT = b"anpr-audit/salt/v1\0"
_FIELD = b"anpr-audit/field/v1\0"
_COMMIT = b"anpr-audit/commit/v1\0"
_BLOCK_BYTES = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


class Salts:
    """Salts of the fields under one secret: HMAC (RFC 2104) whose key is taken in once for all of them, which thirds the time."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError("a secret has 32 bytes")
        padded = secret.ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha256(padded.translate(_INNER) + _SALT)
        self._outer = sha256(padded.translate(_OUTER))

    def of(self, name: str) -> bytes:
        """Salt of a field. Showing it, with name and value, proves that field and reveals no other."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(name.encode())
        outer.update(inner.digest())
        return outer.digest()


def encode(fields: Mapping[str, Value]) -> dict[str, bytes]:
    """The values of the fields as canonical bytes. Raises JcsInvalid for a value outside the profile."""
    return {name: jcs.encode(value) for name, value in fields.items()}


def field_hash(salt: bytes, name: str, value: bytes) -> bytes:
    """Hash of one field, whose value is given as canonical bytes."""
    return sha256(b'%b%b["%b",%b]' % (_FIELD, salt, name.encode(), value)).digest()


def commit(fields: Mapping[str, bytes], secret: bytes) -> bytes:
    """The commitment to all fields, of any set, their values as canonical bytes."""
    salts = Salts(secret)
    return combine({name: field_hash(salts.of(name), name, value) for name, value in fields.items()})


def combine(hashes: Mapping[str, bytes]) -> bytes:
    """The commitment from the hashes of all fields, by name."""
    return sha256(_COMMIT + b"".join(hashes[name] for name in sorted(hashes))).digest()
