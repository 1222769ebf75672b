import datetime

from anpr.common.v1 import access_pb2 as _access_pb2
from anpr.common.v1 import plate_pb2 as _plate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Sighting(_message.Message):
    __slots__ = ("sighting_id", "version", "read", "list_version", "recorded_at")
    SIGHTING_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    LIST_VERSION_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    sighting_id: str
    version: int
    read: _plate_pb2.Read
    list_version: int
    recorded_at: _timestamp_pb2.Timestamp
    def __init__(self, sighting_id: _Optional[str] = ..., version: _Optional[int] = ..., read: _Optional[_Union[_plate_pb2.Read, _Mapping]] = ..., list_version: _Optional[int] = ..., recorded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecordSightingsRequest(_message.Message):
    __slots__ = ("reads",)
    READS_FIELD_NUMBER: _ClassVar[int]
    reads: _containers.RepeatedCompositeFieldContainer[_plate_pb2.Read]
    def __init__(self, reads: _Optional[_Iterable[_Union[_plate_pb2.Read, _Mapping]]] = ...) -> None: ...

class RecordSightingsResponse(_message.Message):
    __slots__ = ("sighting_ids", "recorded", "alerts")
    SIGHTING_IDS_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    sighting_ids: _containers.RepeatedScalarFieldContainer[str]
    recorded: int
    alerts: int
    def __init__(self, sighting_ids: _Optional[_Iterable[str]] = ..., recorded: _Optional[int] = ..., alerts: _Optional[int] = ...) -> None: ...

class LookupPlateRequest(_message.Message):
    __slots__ = ("access", "plate", "window", "camera_ids", "regions", "page_size", "page_token")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    CAMERA_IDS_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    plate: str
    window: _plate_pb2.TimeWindow
    camera_ids: _containers.RepeatedScalarFieldContainer[str]
    regions: _containers.RepeatedScalarFieldContainer[str]
    page_size: int
    page_token: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., plate: _Optional[str] = ..., window: _Optional[_Union[_plate_pb2.TimeWindow, _Mapping]] = ..., camera_ids: _Optional[_Iterable[str]] = ..., regions: _Optional[_Iterable[str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class LookupPlateResponse(_message.Message):
    __slots__ = ("sightings", "next_page_token", "silent_regions", "receipt")
    SIGHTINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SILENT_REGIONS_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    sightings: _containers.RepeatedCompositeFieldContainer[Sighting]
    next_page_token: str
    silent_regions: _containers.RepeatedScalarFieldContainer[str]
    receipt: _access_pb2.Receipt
    def __init__(self, sightings: _Optional[_Iterable[_Union[Sighting, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., silent_regions: _Optional[_Iterable[str]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class SearchSightingsRequest(_message.Message):
    __slots__ = ("access", "pattern", "window", "camera_ids", "vehicle_class", "colour", "page_size", "page_token")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    CAMERA_IDS_FIELD_NUMBER: _ClassVar[int]
    VEHICLE_CLASS_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    pattern: str
    window: _plate_pb2.TimeWindow
    camera_ids: _containers.RepeatedScalarFieldContainer[str]
    vehicle_class: _plate_pb2.VehicleClass
    colour: str
    page_size: int
    page_token: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., pattern: _Optional[str] = ..., window: _Optional[_Union[_plate_pb2.TimeWindow, _Mapping]] = ..., camera_ids: _Optional[_Iterable[str]] = ..., vehicle_class: _Optional[_Union[_plate_pb2.VehicleClass, str]] = ..., colour: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class SearchSightingsResponse(_message.Message):
    __slots__ = ("sightings", "next_page_token", "receipt")
    SIGHTINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    sightings: _containers.RepeatedCompositeFieldContainer[Sighting]
    next_page_token: str
    receipt: _access_pb2.Receipt
    def __init__(self, sightings: _Optional[_Iterable[_Union[Sighting, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class TrackVehicleRequest(_message.Message):
    __slots__ = ("access", "plate", "window")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    plate: str
    window: _plate_pb2.TimeWindow
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., plate: _Optional[str] = ..., window: _Optional[_Union[_plate_pb2.TimeWindow, _Mapping]] = ...) -> None: ...

class TrackVehicleResponse(_message.Message):
    __slots__ = ("sightings", "receipt")
    SIGHTINGS_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    sightings: _containers.RepeatedCompositeFieldContainer[Sighting]
    receipt: _access_pb2.Receipt
    def __init__(self, sightings: _Optional[_Iterable[_Union[Sighting, _Mapping]]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class Place(_message.Message):
    __slots__ = ("camera_ids", "window")
    CAMERA_IDS_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    camera_ids: _containers.RepeatedScalarFieldContainer[str]
    window: _plate_pb2.TimeWindow
    def __init__(self, camera_ids: _Optional[_Iterable[str]] = ..., window: _Optional[_Union[_plate_pb2.TimeWindow, _Mapping]] = ...) -> None: ...

class CrossSearchRequest(_message.Message):
    __slots__ = ("access", "places", "at_least")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    places: _containers.RepeatedCompositeFieldContainer[Place]
    at_least: int
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., places: _Optional[_Iterable[_Union[Place, _Mapping]]] = ..., at_least: _Optional[int] = ...) -> None: ...

class PlateCount(_message.Message):
    __slots__ = ("plate", "count")
    PLATE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    plate: str
    count: int
    def __init__(self, plate: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class CrossSearchResponse(_message.Message):
    __slots__ = ("plates", "receipt")
    PLATES_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    plates: _containers.RepeatedCompositeFieldContainer[PlateCount]
    receipt: _access_pb2.Receipt
    def __init__(self, plates: _Optional[_Iterable[_Union[PlateCount, _Mapping]]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class FindConvoysRequest(_message.Message):
    __slots__ = ("access", "plate", "window", "headway")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    HEADWAY_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    plate: str
    window: _plate_pb2.TimeWindow
    headway: _duration_pb2.Duration
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., plate: _Optional[str] = ..., window: _Optional[_Union[_plate_pb2.TimeWindow, _Mapping]] = ..., headway: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class FindConvoysResponse(_message.Message):
    __slots__ = ("plates", "receipt")
    PLATES_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    plates: _containers.RepeatedCompositeFieldContainer[PlateCount]
    receipt: _access_pb2.Receipt
    def __init__(self, plates: _Optional[_Iterable[_Union[PlateCount, _Mapping]]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class FindClonesRequest(_message.Message):
    __slots__ = ("access", "plate", "window")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    plate: str
    window: _plate_pb2.TimeWindow
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., plate: _Optional[str] = ..., window: _Optional[_Union[_plate_pb2.TimeWindow, _Mapping]] = ...) -> None: ...

class ClonePair(_message.Message):
    __slots__ = ("first", "second", "implied_speed_kmh")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    IMPLIED_SPEED_KMH_FIELD_NUMBER: _ClassVar[int]
    first: Sighting
    second: Sighting
    implied_speed_kmh: float
    def __init__(self, first: _Optional[_Union[Sighting, _Mapping]] = ..., second: _Optional[_Union[Sighting, _Mapping]] = ..., implied_speed_kmh: _Optional[float] = ...) -> None: ...

class FindClonesResponse(_message.Message):
    __slots__ = ("pairs", "receipt")
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    pairs: _containers.RepeatedCompositeFieldContainer[ClonePair]
    receipt: _access_pb2.Receipt
    def __init__(self, pairs: _Optional[_Iterable[_Union[ClonePair, _Mapping]]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...
