"""Receipts: the log's promise that an entry is in it, given before the tree holds it.

    anpr-audit/receipt/v1
    origin
    index, decimal
    base64(leaf hash)
    log time in milliseconds since 1970, decimal

is the text of a signed note under a key of its own, named `<origin>/receipts`, so that a receipt never passes as a checkpoint.
"""

import re
from base64 import b64encode
from dataclasses import dataclass

from services.common import note
from services.common.note import NoteInvalid, Signer, VerifierKey

VERSION = "anpr-audit/receipt/v1"
HASH_BYTES = 32
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The leaf with this hash is at this index of the log, since this log time."""

    origin: str
    index: int
    leaf_hash: bytes
    time_ms: int

    def text(self) -> str:
        """The text that is signed."""
        lines = (VERSION, self.origin, str(self.index), b64encode(self.leaf_hash).decode(), str(self.time_ms))
        return "".join(f"{line}\n" for line in lines)


def key_name(origin: str) -> str:
    """Name of the key that signs receipts of this log."""
    return f"{origin}/receipts"


def parse(text: str) -> Receipt:
    """A receipt from the text of a note. Raises NoteInvalid unless writing it again gives exactly this text."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != 5 or not _NUMBER.fullmatch(lines[2]) or not _NUMBER.fullmatch(lines[4]):
        raise NoteInvalid("the text is no receipt")
    found = Receipt(lines[1], int(lines[2]), note.decode_base64(lines[3]), int(lines[4]))
    if len(found.leaf_hash) != HASH_BYTES or found.text() != text:
        raise NoteInvalid("the text is no receipt")
    return found


def sign(receipt: Receipt, signer: Signer) -> str:
    """The signed note over a receipt."""
    return note.sign(receipt.text(), signer)


def verify(text: str, key: VerifierKey) -> Receipt:
    """The receipt in a signed note. Raises NoteInvalid unless this key, a receipt key of its origin, signed it."""
    parsed = note.parse(text)
    note.verify(parsed, [key])
    found = parse(parsed.text)
    if key.name != key_name(found.origin):
        raise NoteInvalid("the receipt is of another log")
    return found
