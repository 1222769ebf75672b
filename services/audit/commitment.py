"""The commitment to what an entry says, field by field, so that some fields can be shown and the rest stay hidden.

s is a secret of 32 random bytes per entry. Who has no salt learns nothing about a field; when s is destroyed nobody does.

    salt(n)    = HMAC-SHA256(s, "anpr-audit/salt/v1\\0" || n)
    field(n,v) = SHA-256("anpr-audit/field/v1\\0" || salt(n) || JCS([n, v]))
    C          = SHA-256("anpr-audit/commit/v1\\0" || field(n1) || field(n2) ...)      all fields, sorted by name
"""

import hashlib
import hmac
from collections.abc import Mapping

from services.audit import jcs
from services.audit.jcs import Value

SECRET_BYTES = 32
_SALT = b"anpr-audit/salt/v1\0"
_FIELD = b"anpr-audit/field/v1\0"
_COMMIT = b"anpr-audit/commit/v1\0"


def salt(secret: bytes, name: str) -> bytes:
    """Salt of a field. Showing it, with name and value, proves that field and reveals no other."""
    return hmac.digest(secret, _SALT + name.encode(), "sha256")


def field_hash(salt: bytes, name: str, value: Value) -> bytes:
    """Hash of one field. Raises JcsInvalid for a value outside the profile."""
    return hashlib.sha256(_FIELD + salt + jcs.encode([name, value])).digest()


def commit(fields: Mapping[str, Value], secret: bytes) -> bytes:
    """The commitment to all fields, of any set."""
    return combine({name: field_hash(salt(secret, name), name, value) for name, value in fields.items()})


def combine(hashes: Mapping[str, bytes]) -> bytes:
    """The commitment from the hashes of all fields, by name."""
    return hashlib.sha256(_COMMIT + b"".join(hashes[name] for name in sorted(hashes))).digest()
