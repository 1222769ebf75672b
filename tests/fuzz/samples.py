"""Valid requests of every RPC: what the mutations begin with. The same seed gives the same ones, up to the day."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from anpr.audit.v1 import audit_pb2
from anpr.common.v1 import access_pb2, plate_pb2
from anpr.ingest.v1 import camera_pb2, ingest_pb2
from anpr.matching.v1 import hotlist_pb2, sighting_pb2
from anpr.recognition.v1 import recognition_pb2
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tests.fuzz import oddities, pictures
from tests.matching import builders

CAMERA, ZONE, REGION = "fuzz-camera", "local", "local"
HOTLISTS = 40
CASE = "BR.55.L3.004711/2026"
TEXTS: Mapping[str, str] = {
    "plate": "1-FUZ-217",
    "pattern": "1FUZ*",
    "case_reference": CASE,
    "actor": "p4711",
    "camera_ids": CAMERA,
    "camera_id": CAMERA,
    "regions": REGION,
    "region": REGION,
    "zone": ZONE,
    "page_token": "",
    "resume_token": "",
    "colour": "grey",
}


def today() -> datetime:
    """The beginning of the day. Samples know no later time, so that those of one day are the same."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def context(dice: Random) -> access_pb2.AccessContext:
    """A complete ground for reading."""
    found = access_pb2.AccessContext(
        purpose=dice.choice(access_pb2.Purpose.keys()[1:]),
        legal_ground=dice.choice(access_pb2.LegalGround.keys()[1:]),
        case_reference=CASE,
    )
    if not dice.randrange(4):
        found.reason, found.request_id = "fuzz", str(identifier(dice))
    return found


def ground() -> access_pb2.AccessContext:
    """A ground on which everything may be read that is not older than 30 days."""
    return access_pb2.AccessContext(
        purpose=access_pb2.PURPOSE_JUDICIAL_OFFENCE,
        legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
        case_reference=CASE,
    )


def last_days() -> plate_pb2.TimeWindow:
    """Two days, until tomorrow."""
    return builders.window(today() - timedelta(days=1), today() + timedelta(days=1))


def identifier(dice: Random, version: int = 7) -> UUID:
    """A UUID that looks like one of ours."""
    value = dice.getrandbits(128) & ~(0xF << 76 | 3 << 62) | version << 76 | 2 << 62
    return UUID(int=value)


def hotlist_id(dice: Random) -> str:
    return f"fuzz-{dice.randrange(HOTLISTS)}"


def plate(dice: Random) -> str:
    return f"{dice.randrange(10)}FZ{chr(65 + dice.randrange(26))}{dice.randrange(1000):03}"


def request(dice: Random, method: MethodDescriptor, number: int) -> Message:
    """A request that this RPC can answer, or does not because of what it names. `number`: of the case."""
    kind = GetMessageClass(method.input_type)
    maker = MAKERS.get(method.input_type.full_name)
    return maker(dice, number) if maker else _filled(dice, kind())


def _filled(dice: Random, message: Message) -> Message:
    fields: Sequence[Any] = message.DESCRIPTOR.fields
    for field in fields:
        if not field.is_repeated:
            _fill(dice, message, field)
        elif field.message_type is None:
            getattr(message, field.name).append(_value(dice, field))
        elif not field.message_type.GetOptions().map_entry:
            _filled(dice, getattr(message, field.name).add())
    return message


def _fill(dice: Random, message: Message, field: FieldDescriptor) -> None:
    if field.message_type is None:
        setattr(message, field.name, _value(dice, field))
    elif field.message_type.full_name == "anpr.common.v1.AccessContext":
        getattr(message, field.name).CopyFrom(context(dice))
    elif field.message_type.full_name == "anpr.common.v1.TimeWindow":
        getattr(message, field.name).CopyFrom(window(dice))
    elif field.message_type.full_name == "google.protobuf.Timestamp":
        getattr(message, field.name).FromDatetime(today() + timedelta(days=20))
    else:
        _filled(dice, getattr(message, field.name)).SetInParent()


def _value(dice: Random, field: FieldDescriptor) -> Any:
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return bytes(32)
        if field.name == "hotlist_id" or field.name == "hotlist_ids":
            return hotlist_id(dice)
        return TEXTS.get(field.name, str(identifier(dice)) if "id" in field.name.split("_") else "text")
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return False
    if field.enum_type is not None:
        return 1
    return dice.randrange(1, 20)


def window(dice: Random) -> plate_pb2.TimeWindow:
    """A day or two of the last weeks; one in ten at an end of time."""
    begin = today() - timedelta(days=dice.randrange(28))
    found = builders.window(begin, begin + timedelta(days=dice.choice((1, 2))))
    if not dice.randrange(10):
        seconds = dice.choice(oddities.SECONDS)
        getattr(found, "from").seconds, found.until.seconds = seconds, seconds + dice.choice((1, 86_400, 31_000_000))
    return found


def capture(dice: Random, number: int) -> plate_pb2.Capture:
    """Of the camera that is registered, with a sequence of its own."""
    found = builders.read(at=today() - timedelta(milliseconds=number), camera=CAMERA).capture
    found.sequence = number + 1
    found.captured.uncertainty.nanos = dice.choice((0, 20_000_000))
    return found


def frame(dice: Random, number: int) -> ingest_pb2.SubmitFrameRequest:
    """A frame of the camera that is registered; one in four has a picture that is none, or an odd one."""
    picture = pictures.frame() if dice.randrange(4) else pictures.any_picture(dice)
    return ingest_pb2.SubmitFrameRequest(capture=capture(dice, number), picture=picture)


def read(dice: Random, number: int) -> plate_pb2.Read:
    """A read of this region."""
    at = today() - timedelta(milliseconds=number)
    found = builders.read(plate(dice), at=at, camera=CAMERA, zone=ZONE, frame=identifier(dice))
    found.received_at.FromDatetime(at)
    return found


def entry(dice: Random, _number: int) -> audit_pb2.EntryFields:
    """An entry as the service ingest appends it."""
    kind = audit_pb2.EntryKind.Value(dice.choice(audit_pb2.EntryKind.keys()[1:]))
    return audit_pb2.EntryFields(
        id=str(identifier(dice)),
        kind=kind,  # type: ignore[arg-type]
        ref=str(identifier(dice)) if kind == audit_pb2.ENTRY_KIND_OUTCOME else "",
        system="ingest",
        actor="p4711",
        zone=ZONE,
        client="desk",
        roles=[access_pb2.ROLE_OFFICER],
        access=context(dice),
        rpc="anpr.ingest.v1.EvidenceService.GetFrame",
        query='{"frame_id":"x"}',
        status="OK" if kind == audit_pb2.ENTRY_KIND_OUTCOME else "",
    )


def csv(dice: Random) -> bytes:
    """A file of up to forty vehicles."""
    until = (today() + timedelta(days=30)).isoformat()
    delimiter = dice.choice((",", ";", "\t"))
    rows = [["plate", "valid_from", "valid_until", "note", "source_reference"]]
    rows += [
        [plate(dice), "", until, dice.choice(("note", '"a, ""b"""')), "REG-1"] for _ in range(dice.randrange(1, 40))
    ]
    return dice.choice(("\n", "\r\n")).join(delimiter.join(row) for row in rows).encode()


def _import(dice: Random, _number: int) -> Message:
    content = csv(dice)
    request_ = hotlist_pb2.ImportEntriesRequest(
        access=context(dice), hotlist_id=hotlist_id(dice), replace=bool(dice.randrange(2)), chunk=content
    )
    declare(request_, content)
    return request_


def declare(request_: hotlist_pb2.ImportEntriesRequest, content: bytes) -> None:
    """Says what the whole file will be."""
    request_.size_bytes, request_.sha256 = len(content), hashlib.sha256(content).digest()


def _hotlist(dice: Random, number: int) -> Message:
    request_ = builders.hotlist(hotlist_id(dice) if dice.randrange(20) else f"fuzz-n{number}", zone=ZONE)
    request_.access.CopyFrom(context(dice))
    return request_


def _entries(dice: Random, _number: int) -> Message:
    found = [builders.entry(plate(dice), end=today() + timedelta(days=30)) for _ in range(dice.choice((1, 2, 20)))]
    return hotlist_pb2.AddEntriesRequest(access=context(dice), hotlist_id=hotlist_id(dice), entries=found)


def camera_of(camera_id: str) -> camera_pb2.Camera:
    """A camera of the zone."""
    return camera_pb2.Camera(
        camera_id=camera_id,
        zone=ZONE,
        name="Fuzz street",
        location=plate_pb2.GeoPoint(latitude=50.8, longitude=4.3),
        heading_degrees=90,
        lanes=["1", "2"],
    )


def recognize(dice: Random, _number: int) -> recognition_pb2.RecognizeRequest:
    return recognition_pb2.RecognizeRequest(
        picture=pictures.any_picture(dice), country_hint=dice.choice(("", "BE", "NL"))
    )


MAKERS: Mapping[str, Callable[[Random, int], Message]] = {
    "anpr.ingest.v1.SubmitFrameRequest": frame,
    "anpr.ingest.v1.StreamFramesRequest": lambda dice, number: ingest_pb2.StreamFramesRequest(
        frame=frame(dice, number)
    ),
    "anpr.ingest.v1.RegisterCameraRequest": lambda dice, _: camera_pb2.RegisterCameraRequest(
        camera=camera_of(f"fuzz-{dice.randrange(200)}")
    ),
    "anpr.recognition.v1.RecognizeRequest": recognize,
    "anpr.recognition.v1.RecognizeStreamRequest": lambda dice, number: recognition_pb2.RecognizeStreamRequest(
        picture_id=str(number), request=recognize(dice, number)
    ),
    "anpr.matching.v1.RecordSightingsRequest": lambda dice, number: sighting_pb2.RecordSightingsRequest(
        reads=[read(dice, number) for _ in range(dice.choice((1, 1, 2, 5)))]
    ),
    "anpr.matching.v1.CreateHotlistRequest": _hotlist,
    "anpr.matching.v1.AddEntriesRequest": _entries,
    "anpr.matching.v1.ImportEntriesRequest": _import,
    "anpr.audit.v1.AppendRequest": lambda dice, number: audit_pb2.AppendRequest(fields=entry(dice, number)),
    "anpr.audit.v1.AppendBatchRequest": lambda dice, number: audit_pb2.AppendBatchRequest(
        fields=[entry(dice, number) for _ in range(dice.choice((1, 2, 8)))]
    ),
}
