"""The functions that take what comes from outside, and cases for each."""

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

import numpy as np
from anpr.audit.v1 import audit_pb2
from anpr.common.v1 import access_pb2
from anpr.ingest.v1 import camera_pb2, ingest_pb2
from anpr.matching.v1 import alert_pb2, hotlist_pb2, sighting_pb2
from anpr.recognition.v1 import recognition_pb2
from google.protobuf.message import DecodeError, Message

from services.audit import entry, jcs
from services.audit import wire as audit_wire
from services.audit.key_files import FileTagKeys
from services.audit.review import Review, Search
from services.common import access, caller, ids, marker, picture, plate, trace
from services.common.caller import Caller
from services.common.marker import MarkerError
from services.common.raster import Limits
from services.ingest import wire as ingest_wire
from services.matching.csv_file import CsvFile
from services.matching.seal import Broken, Seal
from services.matching.wire import alerts, hotlists, reads, shape, sightings
from services.recognition import wire as recognition_wire
from tests.fuzz import attempts, bytewise, contract, formats, oddities, pictures, plates, samples, structure
from tests.fuzz.probe import Probe, claim

SMALL = Limits(pixels=1_000_000)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = bytes(range(32))
SYSTEM = "ingest"


def everything() -> dict[str, Probe]:
    """All probes by name."""
    return {
        probe.name: probe
        for probe in (
            *_pictures(),
            *plates.probes(),
            *_texts(),
            *_messages(),
            *formats.everything(),
            *attempts.everything(),
        )
    }


def _odd_text(dice: Random) -> bytes:
    if not dice.randrange(20):
        return dice.randbytes(dice.randrange(40))  # with what decodes to lone surrogates
    return oddities.text(dice).encode("utf-8", "surrogatepass")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _pictures() -> tuple[Probe, ...]:
    def read_marker(body: bytes) -> object:
        head = marker._HEADER.pack(marker._MAGIC, len(body), zlib.crc32(body))
        padded = head + body + bytes(-len(body) % marker.ROW_BYTES)
        grid = marker._grid(padded)
        height, width = grid.shape[0] + 2 * marker.MARGIN_PX, grid.shape[1] + 2 * marker.MARGIN_PX
        seen = np.full((height, width, 3), 255, np.uint8)
        seen[marker.MARGIN_PX : -marker.MARGIN_PX, marker.MARGIN_PX : -marker.MARGIN_PX] = grid[:, :, None]
        return marker.read_marker(seen)

    said = [{"text": "1FUZ217", "country": "BE", "box": [1, 2, 3, 4], "corners": [[0, 0], [1, 0], [1, 1], [0, 1]]}]
    return (
        Probe("picture/inspect", pictures.any_picture, lambda content: picture.inspect(content, SMALL), weight=60),
        Probe("picture/verify", pictures.any_picture, lambda content: picture.verify(content, SMALL), weight=30),
        Probe("picture/decode", pictures.any_picture, _decode_as_announced, weight=20),
        Probe("marker", lambda dice: formats.json_like(dice, said)[:4000], read_marker, (MarkerError,), weight=5),
    )


def _decode_as_announced(content: bytes) -> None:
    """The header and the pixels say the same."""
    pixels = picture.decode(content, SMALL)
    header = picture.inspect(content, SMALL)
    claim(pixels.shape == (header.height_px, header.width_px, 3), "header and pixels differ")


def _texts() -> tuple[Probe, ...]:
    return (
        Probe("plate/normalise", _odd_text, _plate_is_stable, weight=80),
        Probe("plate/parse", _odd_text, lambda content: plate.parse(_text(content)), weight=40),
        Probe("ids", _odd_text, lambda content: ids.parse(_text(content), "id")),
        Probe("csv", _csv, read_csv, weight=80),
        Probe("caller", _metadata, _caller, weight=40),
        Probe(
            "token/resume", lambda dice: _token(dice, 8), lambda content: open_token(content, 8), (Broken,), weight=20
        ),
        Probe(
            "token/page", lambda dice: _token(dice, 24), lambda content: open_token(content, 24), (Broken,), weight=20
        ),
        Probe("token/search", lambda dice: _token(dice, 8), _position, weight=20),
    )


def _plate_is_stable(content: bytes) -> None:
    text = plate.normalise(_text(content))
    claim(plate.normalise(text) == text and 0 < len(text) <= plate.MAX_CHARACTERS, "normalising twice changes a plate")


def _csv(dice: Random) -> bytes:
    """The first byte says how the rest is cut."""
    content = samples.csv(dice)
    choice = dice.randrange(6)
    if choice == 0:
        content = b"\xef\xbb\xbf" + content
    elif choice == 1:
        content = content.replace(b"REG-1", oddities.text(dice).encode(), dice.choice((1, -1)))
    elif choice == 2:
        content = content.replace(b"note", b"x" * dice.choice((500, 501, 8190, 9000)), 1)
    elif choice == 3:
        content = content.replace(b"1", oddities.character(dice).encode(), 3)
    return bytes([dice.randrange(256)]) + (bytewise.mutate(dice, content) if dice.randrange(3) else content)


def read_csv(content: bytes) -> None:
    cuts, rest = Random(content[:1]), content[1:]
    file = CsvFile(NOW.replace(hour=0))
    while rest:
        size = cuts.choice((1, 7, 64, 5000))
        file.feed(rest[:size])
        rest = rest[size:]
    file.finish()


def _metadata(dice: Random) -> bytes:
    return json.dumps([[key, value] for key, value in contract.odd_identity(dice) if isinstance(value, str)]).encode()


def _caller(content: bytes) -> Caller:
    pairs = [tuple(pair) for pair in json.loads(content)]
    trace.begin(pairs)
    return caller.from_metadata(pairs)


def _token(dice: Random, size: int) -> bytes:
    seal = Seal(KEY if dice.randrange(2) else bytes(32))
    token = seal.close(
        dice.choice(("watch", "passages")), "local", dice.randbytes(dice.choice((size, size, size - 1)))
    ).encode()
    return bytewise.mutate(dice, token, most=4096) if dice.randrange(4) else token


def open_token(content: bytes, size: int) -> bytes:
    return Seal(KEY).open("watch", "local", _text(content), size)


def _position(content: bytes) -> int:
    nothing = cast(Any, None)
    return Review(nothing, nothing, FileTagKeys(KEY))._position(Search(), content.decode("utf-8", "replace"))


def _messages() -> tuple[Probe, ...]:
    """Decoders of whole requests, behind the parser of protobuf as in the services."""
    decoders: dict[str, tuple[type[Message], Callable[[Any], object], int]] = {
        "ingest/frame": (ingest_pb2.SubmitFrameRequest, ingest_wire.decode_submission, 60),
        "ingest/camera": (
            camera_pb2.RegisterCameraRequest,
            lambda found: ingest_wire.encode_camera(ingest_wire.decode_camera(found, "z")),
            20,
        ),
        "ingest/page": (camera_pb2.ListCamerasRequest, ingest_wire.decode_page, 10),
        "recognition/picture": (recognition_pb2.RecognizeRequest, recognition_wire.decode_picture, 10),
        "matching/reads": (sighting_pb2.RecordSightingsRequest, _reads_are_stable, 10),
        "matching/lookup": (sighting_pb2.LookupPlateRequest, lambda found: sightings.decode_lookup(found, "local"), 40),
        "matching/page": (sighting_pb2.LookupPlateRequest, lambda found: shape.page_size(found.page_size), 5),
        "matching/hotlist": (
            hotlist_pb2.CreateHotlistRequest,
            lambda found: hotlists.encode_hotlist(hotlists.decode_hotlist(found.hotlist, "z")),
            20,
        ),
        "matching/entries": (hotlist_pb2.AddEntriesRequest, lambda found: hotlists.decode_entries(found.entries), 15),
        "matching/removal": (hotlist_pb2.RemoveEntriesRequest, hotlists.decode_removal, 10),
        "matching/watch": (alert_pb2.WatchAlertsRequest, alerts.decode_watch, 20),
        "audit/append": (audit_pb2.AppendBatchRequest, _entries_are_stable, 10),
        "audit/search": (audit_pb2.SearchEntriesRequest, audit_wire.decode_search, 20),
        "access/context": (access_pb2.AccessContext, access.verify_context, 40),
    }
    return tuple(
        Probe(f"message/{name}", _maker(kind), _decoder(kind, decode), (DecodeError,), weight)
        for name, (kind, decode, weight) in decoders.items()
    )


def _maker(kind: type[Message]) -> Callable[[Random], bytes]:
    descriptor = kind.DESCRIPTOR
    method = next((found for found in contract.methods() if found.input_type is descriptor), None)

    def make(dice: Random) -> bytes:
        valid = samples.request(dice, method, dice.randrange(10_000)) if method else samples.context(dice)
        return structure.mutate(dice, valid)

    return make


def _decoder(kind: type[Message], decode: Callable[[Any], object]) -> Callable[[bytes], object]:
    return lambda content: decode(kind.FromString(content))


def _reads_are_stable(request: sighting_pb2.RecordSightingsRequest) -> None:
    found = sightings.decode_batch(request)
    again = tuple(reads.decode(reads.encode(read)) for read in found)
    claim(again == found, "a read that is decoded and encoded is another one")


def _entries_are_stable(request: audit_pb2.AppendBatchRequest) -> None:
    for given in audit_wire.decode_entries(request.fields, SYSTEM):
        payload = jcs.encode(given.content.fields())
        claim(entry.decode_content(payload) == given.content, "an entry's content is another one when it is read")
