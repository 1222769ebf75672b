"""Encryption of what an entry says. Destroying the entry's secret, or the key of its epoch, makes it unreadable for ever.

dek     = HMAC-SHA256(s, "anpr-audit/dek/v1\\0")
payload = nonce[12] || AES-256-GCM(dek, nonce, aad = leaf hash, JCS(fields))
wrapped = nonce[12] || AES-256-GCM(epoch key, nonce, aad = "anpr-audit/wrap/v1\\0" || entry id[16], s)
"""

import hmac
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32
_DEK = b"anpr-audit/dek/v1\0"
_WRAP = b"anpr-audit/wrap/v1\0"


class SealBroken(ValueError):
    """The bytes were not sealed under this key for this entry."""


def seal(secret: bytes, leaf_hash: bytes, payload: bytes) -> bytes:
    """The payload, encrypted under the entry's secret and bound to its leaf."""
    return _encrypt(_dek(secret), payload, leaf_hash)


def unseal(secret: bytes, leaf_hash: bytes, sealed: bytes) -> bytes:
    """The payload. Raises SealBroken."""
    return _decrypt(_dek(secret), sealed, leaf_hash)


def wrap(epoch_key: bytes, entry_id: UUID, secret: bytes) -> bytes:
    """The entry's secret, encrypted under the key of its epoch."""
    return _encrypt(epoch_key, secret, _WRAP + entry_id.bytes)


def unwrap(epoch_key: bytes, entry_id: UUID, wrapped: bytes) -> bytes:
    """The entry's secret. Raises SealBroken."""
    return _decrypt(epoch_key, wrapped, _WRAP + entry_id.bytes)


def _dek(secret: bytes) -> bytes:
    return hmac.digest(secret, _DEK, "sha256")


def _encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as cause:
        raise SealBroken("the bytes were not sealed under this key for this entry") from cause
