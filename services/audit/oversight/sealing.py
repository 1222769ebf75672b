"""Encryption of what oversight keeps.

A flag lies under a key made of the secrets of all entries it rests on: when one of them is erased, nobody reads it any more, and
no program has to remember that.

    flag key = SHA-256("anpr-audit/flag/v1\\0" || s1 || s2 || ...)      secrets of the entries, in the order of their indexes
    flag     = nonce[12] || AES-256-GCM(dek(flag key), nonce, aad = flag id[16], JCS({"concerned":[...],"unit":...,"words":...}))

Reference data and names of units lie under a secret of their own, wrapped under the key of their epoch like that of an entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from os import urandom
from uuid import UUID

from services.audit import jcs, seal
from services.audit.commitment import SECRET_BYTES
from services.audit.errors import LogAltered
from services.audit.jcs import JcsInvalid
from services.audit.keys import EpochKeys
from services.audit.oversight.rule import Raised
from services.audit.seal import SealBroken
from services.common import ids

_FLAG = b"anpr-audit/flag/v1\0"


@dataclass(frozen=True, slots=True)
class Said:
    """What a flag says."""

    words: str = field(repr=False)
    concerned: tuple[str, ...] = field(repr=False)
    unit: str


@dataclass(frozen=True, slots=True)
class Box:
    """Something encrypted under a secret of its own."""

    id: UUID
    epoch: str
    wrapped: bytes
    sealed: bytes


def seal_flag(raised: Raised, secrets: Sequence[bytes]) -> bytes:
    """What a flag says, encrypted. secrets: of its entries, in the order of their indexes."""
    said = jcs.encode({"concerned": list(raised.concerned), "unit": raised.unit, "words": raised.words})
    return seal.seal(_key(secrets), raised.id.bytes, said)


def unseal_flag(flag_id: UUID, sealed: bytes, secrets: Sequence[bytes]) -> Said:
    """What a flag says. Raises LogAltered."""
    try:
        said = jcs.decode_object(seal.unseal(_key(secrets), flag_id.bytes, sealed))
    except (SealBroken, JcsInvalid) as cause:
        raise LogAltered("a flag does not fit the entries that it rests on") from cause
    concerned = said["concerned"]
    persons = map(str, concerned) if isinstance(concerned, list) else ()
    return Said(str(said["words"]), tuple(persons), str(said["unit"]))


def close(keys: EpochKeys, epoch: str, content: bytes) -> Box:
    """Encrypts something under a new secret."""
    id_, secret = ids.uuid7(), urandom(SECRET_BYTES)
    return Box(id_, epoch, keys.wrap(epoch, id_, secret), seal.seal(secret, id_.bytes, content))


def open_(keys: EpochKeys, box: Box) -> bytes:
    """What is in a box. Raises LogAltered."""
    try:
        return seal.unseal(keys.unwrap(box.epoch, box.id, box.wrapped), box.id.bytes, box.sealed)
    except SealBroken as cause:
        raise LogAltered("what oversight keeps was altered") from cause


def _key(secrets: Sequence[bytes]) -> bytes:
    return sha256(_FLAG + b"".join(secrets)).digest()
