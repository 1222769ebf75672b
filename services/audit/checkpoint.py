"""Checkpoints (C2SP tlog-checkpoint): size and root of the log at a moment, as the text of a signed note.

origin
size, decimal
base64(root)
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from services.audit.merkle import HASH_BYTES
from services.common import note
from services.common.note import NoteInvalid, Signer, VerifierKey

SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log commits to. Extension lines of other logs are kept; ours has none."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse(text: str) -> Checkpoint:
    """A checkpoint from the text of a note. Raises NoteInvalid unless writing it again gives exactly this text."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not lines[0] or not SIZE.fullmatch(lines[1]) or not all(lines[3:]):
        raise NoteInvalid("the text is no checkpoint")
    root = note.decode_base64(lines[2])
    found = Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:]))
    if len(root) != HASH_BYTES or found.text() != text:
        raise NoteInvalid("the text is no checkpoint")
    return found


def unverified(signed: str) -> Checkpoint:
    """The checkpoint in a note, whoever signed it: for notes that were verified before, or are to be. Raises NoteInvalid."""
    return parse(note.parse(signed).text)


def sign(checkpoint: Checkpoint, signer: Signer) -> str:
    """The signed note over a checkpoint."""
    return note.sign(checkpoint.text(), signer)


def verify(text: str, origin: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """The checkpoint in a signed note. Raises NoteInvalid unless one of the keys signed it and it is of this origin."""
    parsed = note.parse(text)
    note.verify(parsed, keys)
    found = parse(parsed.text)
    if found.origin != origin:
        raise NoteInvalid("the checkpoint is of another log")
    return found
