"""Signed notes (C2SP signed-note): a text with signature lines, and keys that name themselves.

text, ending in a line feed
<empty line>
— name base64(key id[4] || signature)        one line or more
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE = 0x04
PUBLIC_KEY_BYTES = 32
MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100
_MARK = "\u2014 "


class NoteInvalid(ValueError):
    """The bytes are no signed note, or a signature that must hold does not."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. `data` is what follows the key id."""

    name: str
    key_id: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note that is well-formed; nothing is said yet about its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> str:
        """The note as it is published."""
        return f"{self.text}\n{''.join(map(line, self.signatures))}"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name of its holder. `algorithm`: ED25519, or COSIGNATURE (cosignature/v1, also Ed25519)."""

    name: str
    public_key: bytes
    algorithm: int = ED25519

    def __post_init__(self) -> None:
        if not is_name(self.name) or len(self.public_key) != PUBLIC_KEY_BYTES:
            raise NoteInvalid("the key's name or length is wrong")
        if self.algorithm not in (ED25519, COSIGNATURE):
            raise NoteInvalid("the key's algorithm is not known")

    @property
    def key_id(self) -> bytes:
        """Four bytes that a signature line names the key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed()).digest()[:4]

    def encode(self) -> str:
        """The key as text: name+id+base64."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(self._typed()).decode()}"

    def verify(self, text: str, data: bytes) -> None:
        """Raises NoteInvalid unless `data` is this key's signature of the text."""
        message, signature = text.encode(), data
        if self.algorithm == COSIGNATURE:
            message, signature = f"cosignature/v1\ntime {cosigned_at(data)}\n".encode() + message, data[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature as cause:
            raise NoteInvalid(f"the signature of {self.name} does not hold") from cause

    def _typed(self) -> bytes:
        return bytes([self.algorithm]) + self.public_key


class Signer(Protocol):
    """A private key that may live in a file, a token or a service."""

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature."""


def is_name(name: str) -> bool:
    """Whether a key may have this name: not empty, no plus sign, no space of any alphabet."""
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)


def parse_key(vkey: str) -> VerifierKey:
    """A verifier key from its text. Raises NoteInvalid unless it is whole and its id is right."""
    name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    typed = decode_base64(encoded)
    key = VerifierKey(name, typed[1:], typed[0]) if typed else None
    if key is None or key.encode() != vkey or key_id != key.key_id.hex():
        raise NoteInvalid("the verifier key is not well-formed")
    return key


def parse(note: str) -> Note:
    """A note from its text. Raises NoteInvalid for anything that is not exactly in the format."""
    if len(note.encode(errors="replace")) > MAX_BYTES:
        raise NoteInvalid("the note is too long")
    if any((ord(character) < 0x20 and character != "\n") or 0xD800 <= ord(character) < 0xE000 for character in note):
        raise NoteInvalid("the note holds control characters")
    body, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise NoteInvalid("the note has no signatures")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteInvalid("the note has too many signatures")
    return Note(f"{body}\n", tuple(_parse_line(line) for line in lines))


def verify(note: Note, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """The keys, of those given, that signed. Lines of unknown keys are ignored.

    Raises NoteInvalid when a line of a known key does not verify, or none of the keys signed.
    """
    known = {(key.name, key.key_id): key for key in keys}
    signed: dict[tuple[str, bytes], VerifierKey] = {}
    for signature in note.signatures:
        label = (signature.name, signature.key_id)
        if label in known:
            known[label].verify(note.text, signature.data)
            signed[label] = known[label]
    if not signed:
        raise NoteInvalid("none of the known keys signed the note")
    return tuple(signed.values())


def sign(text: str, *signers: Signer) -> str:
    """The note over a text, as published. Raises NoteInvalid when the text does not end in a line feed."""
    if not text.endswith("\n"):
        raise NoteInvalid("the text of a note ends in a line feed")
    signatures = (Signature(s.verifier.name, s.verifier.key_id, s.sign(text.encode())) for s in signers)
    return Note(text, tuple(signatures)).encode()


def line(signature: Signature) -> str:
    """A signature line, with its line feed."""
    return f"{_MARK}{signature.name} {encode_base64(signature.key_id + signature.data)}\n"


def parse_lines(text: str) -> tuple[Signature, ...]:
    """Signature lines, as a witness answers them. Raises NoteInvalid."""
    if not text.endswith("\n"):
        raise NoteInvalid("the lines do not end in a line feed")
    return tuple(_parse_line(one) for one in text[:-1].split("\n"))


def cosigned_at(data: bytes) -> int:
    """Seconds since 1970 that a cosignature/v1 states."""
    if len(data) != 8 + 64:
        raise NoteInvalid("a cosignature is 72 bytes long")
    return int.from_bytes(data[:8], "big")


def _parse_line(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_MARK).partition(" ")
    data = decode_base64(encoded)
    if not line.startswith(_MARK) or not is_name(name) or len(data) < 5:
        raise NoteInvalid("a signature line is not well-formed")
    return Signature(name, data[:4], data[4:])


def encode_base64(data: bytes) -> str:
    """Standard base64."""
    return b64encode(data).decode()


def decode_base64(text: str) -> bytes:
    """Standard base64, in the one form that encoding gives."""
    try:
        data = b64decode(text, validate=True)
    except ValueError as cause:
        raise NoteInvalid("the base64 is not well-formed") from cause
    if b64encode(data).decode() != text:
        raise NoteInvalid("the base64 is not well-formed")
    return data
