"""Messages that the tests of matching send. Every plate is invented."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from anpr.common.v1 import access_pb2, plate_pb2
from anpr.matching.v1 import hotlist_pb2, sighting_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.common import ids
from services.common.caller import Caller, service

REGION = "local"
ZONE = "zone-a"
OTHER_ZONE = "zone-b"
INGEST = service("ingest")
MISSING = "stolen"


def officer(zone: str = ZONE) -> Caller:
    return Caller(
        system="terminal-7",
        person="p4711",
        unit="unit-1",
        zone=zone,
        roles=frozenset({"officer", "verifier", "hotlist_manager"}),
    )


def context(
    purpose: access_pb2.Purpose = access_pb2.PURPOSE_JUDICIAL_OFFENCE, decision_id: str = ""
) -> access_pb2.AccessContext:
    return access_pb2.AccessContext(
        purpose=purpose,
        legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
        case_reference="BR.55.L3.004711/2026",
        decision_id=decision_id,
    )


def now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(moment)
    return found


def window(begin: datetime, end: datetime) -> plate_pb2.TimeWindow:
    return plate_pb2.TimeWindow(**{"from": stamp(begin), "until": stamp(end)})


def read(
    plate: str = "1ABC123",
    *,
    at: datetime | None = None,
    camera: str = "cam-1",
    zone: str = ZONE,
    frame: UUID | None = None,
    backfill: bool = False,
) -> plate_pb2.Read:
    """A read with every field set."""
    frame_id = frame or ids.uuid7()
    captured = at or now() - timedelta(seconds=1)
    return plate_pb2.Read(
        read_id=str(ids.read_id(frame_id, 0)),
        frame_id=str(frame_id),
        region=REGION,
        zone=zone,
        capture=plate_pb2.Capture(
            camera_id=camera,
            sequence=2**63 - 1,
            captured=plate_pb2.CaptureTime(time=stamp(captured), uncertainty={"nanos": 20_000_000}),
            lane="2",
            direction=plate_pb2.DIRECTION_APPROACHING,
            speed_kmh=49.3,
            location=plate_pb2.GeoPoint(latitude=50.85, longitude=4.35),
            heading_degrees=271.5,
            track_id="track-9",
            source_event_id="event-3",
        ),
        plate=plate_pb2.Plate(
            raw=f"{plate[:1]}-{plate[1:]}",
            text=plate,
            characters=[_position(character) for character in plate],
            countries=[
                plate_pb2.CountryCandidate(country_code="BE", series="BE_STD_2010", prior=0.97),
                plate_pb2.CountryCandidate(country_code="FR", series="", prior=0.03),
            ],
            confidence=0.987,
            box=plate_pb2.Box(x=-3, y=4, width=120, height=30),
            corners=[plate_pb2.Point(x=x, y=y) for x, y in ((-2.5, 4), (117, 4.25), (117, 34), (-3, 33.9))],
            colour=plate_pb2.PLATE_COLOUR_RED_ON_WHITE,
            layout=plate_pb2.PLATE_LAYOUT_ONE_LINE,
            unknown_format=False,
        ),
        vehicle=plate_pb2.Vehicle(
            vehicle_class=plate_pb2.VEHICLE_CLASS_VAN,
            class_confidence=0.8,
            make="Make",
            model="Model 3",
            model_confidence=0.4,
            colour="grey",
            colour_confidence=0.6,
        ),
        images=[
            plate_pb2.ImageRef(
                kind=plate_pb2.IMAGE_KIND_FRAME,
                object_key="2026/11/24/frame.jpg",
                sha256=bytes(range(32)),
                size_bytes=151_000,
                content_type="image/jpeg",
                version_id="v1",
            )
        ],
        engine=plate_pb2.Engine(name="standin", version="1.2", model_sha256="ab" * 32),
        backfill=backfill,
        adapter_version="grpc/1",
        received_at=stamp(captured + timedelta(milliseconds=150)),
    )


def _position(character: str) -> plate_pb2.CharacterPosition:
    other = "8" if character == "B" else "B"
    return plate_pb2.CharacterPosition(
        choices=[
            plate_pb2.CharacterChoice(character=character, probability=0.97),
            plate_pb2.CharacterChoice(character=other, probability=0.02),
        ]
    )


def no_read() -> plate_pb2.Read:
    """The record of a frame in which no plate was found."""
    found = read()
    found.ClearField("plate")
    found.no_read = True
    return found


def batch(*reads: plate_pb2.Read) -> sighting_pb2.RecordSightingsRequest:
    return sighting_pb2.RecordSightingsRequest(reads=reads)


def hotlist(
    hotlist_id: str = MISSING, *, priority: int = 10, zone: str = ZONE, name: str = "Stolen vehicles"
) -> hotlist_pb2.CreateHotlistRequest:
    return hotlist_pb2.CreateHotlistRequest(
        access=context(),
        hotlist=hotlist_pb2.Hotlist(
            hotlist_id=hotlist_id,
            name=name,
            category=hotlist_pb2.HOTLIST_CATEGORY_STOLEN,
            priority=priority,
            owner="unit-1",
            source="register",
            legal_ground=access_pb2.LEGAL_GROUND_TECHNICAL_DATABASE,
            zone=zone,
        ),
    )


def entry(
    plate: str = "1ABC123", *, begin: datetime | None = None, end: datetime | None = None, entry_id: str = ""
) -> hotlist_pb2.HotlistEntry:
    return hotlist_pb2.HotlistEntry(
        entry_id=entry_id,
        plate=plate,
        valid_from=stamp(begin) if begin else None,
        valid_until=stamp(end or now() + timedelta(days=30)),
        note="Stop only with two vehicles.",
        source_reference="REG-2026-7",
    )


def additions(entries: Iterable[hotlist_pb2.HotlistEntry], hotlist_id: str = MISSING) -> hotlist_pb2.AddEntriesRequest:
    return hotlist_pb2.AddEntriesRequest(access=context(), hotlist_id=hotlist_id, entries=entries)


def upload(
    file: bytes, *, hotlist_id: str = MISSING, replace: bool = False, chunk_bytes: int = 100_000
) -> list[hotlist_pb2.ImportEntriesRequest]:
    """The messages of an import."""
    first = hotlist_pb2.ImportEntriesRequest(
        access=context(),
        hotlist_id=hotlist_id,
        replace=replace,
        size_bytes=len(file),
        sha256=hashlib.sha256(file).digest(),
        chunk=file[:10],
    )
    starts = range(10, len(file), chunk_bytes)
    return [first, *(hotlist_pb2.ImportEntriesRequest(chunk=file[start : start + chunk_bytes]) for start in starts)]
