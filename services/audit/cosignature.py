"""Cosignatures of witnesses (C2SP tlog-cosignature, cosignature/v1): another saw this head, and it continues what he saw before.

The key is Ed25519, of type 0x04. Signed is "cosignature/v1\\ntime SECONDS\\n" || text of the checkpoint; the signature line
holds the seconds as eight bytes, big-endian, and the signature.
"""

from collections.abc import Sequence

from services.common import note
from services.common.note import COSIGNATURE, NoteInvalid, Signature, Signer

TIME_BYTES = 8
SIZE_TYPE = "text/x.tlog.size"  # content type of a witness's answer that is the size it knows


def cosign(text: str, signer: Signer, at_s: int) -> Signature:
    """The line that says: the holder of this key saw this checkpoint at this time, in seconds since 1970."""
    key = signer.verifier
    if key.algorithm != COSIGNATURE:
        raise NoteInvalid("a witness signs with a key for cosignatures")
    message = f"cosignature/v1\ntime {at_s}\n{text}".encode()
    return Signature(key.name, key.key_id, at_s.to_bytes(TIME_BYTES, "big") + signer.sign(message))


def request(old_size: int, proof: Sequence[bytes], signed: str) -> bytes:
    """What a witness is asked by (C2SP tlog-witness): the size it saw last, the proof from there, and the head."""
    lines = [f"old {old_size}", *map(note.encode_base64, proof)]
    return ("\n".join(lines) + "\n\n" + signed).encode()


def added(signed: str, lines: tuple[Signature, ...]) -> str:
    """The note with these lines after those that it has; a line that is there already is not added again."""
    found = note.parse(signed)
    new = tuple(line for line in lines if line not in found.signatures)
    return note.Note(found.text, (*found.signatures, *new)).encode()
