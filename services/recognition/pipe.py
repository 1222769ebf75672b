"""What the service and its worker processes say to one another: length-prefixed messages over two pipes.

Towards the worker: first its model files, where its engine has some, then pictures, as they came. Back: one JSON object each,
first a `Ready`, then an answer per picture.
This module runs on both sides, in processes with different packages.
"""

import base64
import json
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from services.recognition import quad
from services.recognition.engine import EngineIdentity
from services.recognition.reading import Choice, Colour, CountryShare, Layout, Position, Seen, TextBox

LENGTH = struct.Struct(">I")
MAX_MESSAGE_BYTES = 64 * 1024 * 1024


class Garbled(ValueError):
    """The other side does not speak this protocol; nothing it says can be trusted."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker is warm."""

    identity: EngineIdentity


@dataclass(frozen=True, slots=True)
class Rejected:
    """The picture cannot be read: it is damaged, or `is_too_large`."""

    words: str
    is_too_large: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The engine raised on this picture and lives."""

    words: str


Answer = Ready | Seen | Rejected | Failed


def frame(message: bytes) -> bytes:
    """The message with its length before it."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise Garbled("the message is too long")
    return LENGTH.pack(len(message)) + message


def size_bytes(head: bytes) -> int:
    """The length that the first four bytes announce."""
    size: int = LENGTH.unpack(head)[0]
    if size > MAX_MESSAGE_BYTES:
        raise Garbled("the message is too long")
    return size


def receive(stream: BinaryIO) -> bytes:
    """The next message. Raises EOFError when the other side is gone."""
    return _exactly(stream, size_bytes(_exactly(stream, LENGTH.size)))


def send(stream: BinaryIO, message: bytes) -> None:
    """Writes a message out."""
    stream.write(frame(message))
    stream.flush()


def encode(answer: Answer) -> bytes:
    """An answer as JSON."""
    match answer:
        case Ready(identity):
            said: dict[str, Any] = {
                "kind": "ready",
                "identity": [identity.name, identity.version, identity.model_sha256],
            }
        case Seen(width_px, height_px, boxes):
            said = {"kind": "seen", "size": [width_px, height_px], "boxes": [_encode_box(box) for box in boxes]}
        case Rejected(words, is_too_large):
            said = {"kind": "rejected", "words": words, "is_too_large": is_too_large}
        case Failed(words):
            said = {"kind": "failed", "words": words}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def decode(message: bytes) -> Answer:
    """The answer that `encode` wrote. Raises Garbled for anything else."""
    try:
        said = json.loads(message, parse_constant=_refused)
        match said["kind"]:
            case "ready":
                name, version, sha256 = said["identity"]
                return Ready(EngineIdentity(str(name), str(version), str(sha256)))
            case "seen":
                width_px, height_px = said["size"]
                return Seen(int(width_px), int(height_px), tuple(_decode_box(box) for box in said["boxes"]))
            case "rejected":
                return Rejected(str(said["words"]), bool(said["is_too_large"]))
            case "failed":
                return Failed(str(said["words"]))
    except (ValueError, TypeError, LookupError, RecursionError) as cause:
        raise Garbled("a worker's answer has the wrong shape") from cause
    raise Garbled("a worker's answer is of no known kind")


def _refused(constant: str) -> float:
    """Of what is no number, like NaN, which JSON does not know."""
    raise ValueError(constant)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            raise EOFError("the pipe is closed")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _encode_box(box: TextBox) -> list[object]:
    positions = [[[choice.character, choice.probability] for choice in position] for position in box.positions]
    looks = [box.colour, box.layout, [[share.country, share.probability] for share in box.countries]]
    strips = [base64.b64encode(strip).decode() for strip in box.strips]
    return [box.raw, positions, box.corners, looks, box.is_plate, box.probability, strips]


def _decode_box(said: list[Any]) -> TextBox:
    raw, positions, corners, (colour, layout, countries), is_plate, probability, strips = said
    return TextBox(
        raw=str(raw),
        positions=tuple(_decode_position(position) for position in positions),
        corners=quad.of(corners),
        colour=Colour(colour),
        layout=Layout(layout),
        is_plate=bool(is_plate),
        probability=float(probability),
        countries=tuple(CountryShare(str(country), float(share)) for country, share in countries),
        strips=tuple(base64.b64decode(strip, validate=True) for strip in strips),
    )


def _decode_position(said: list[Any]) -> Position:
    if not said:
        raise ValueError("a position without a choice")
    return tuple(Choice(str(character), float(probability)) for character, probability in said)
