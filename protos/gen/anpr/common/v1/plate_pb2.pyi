import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PlateColour(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLATE_COLOUR_UNSPECIFIED: _ClassVar[PlateColour]
    PLATE_COLOUR_RED_ON_WHITE: _ClassVar[PlateColour]
    PLATE_COLOUR_BLACK_ON_WHITE: _ClassVar[PlateColour]
    PLATE_COLOUR_BLACK_ON_YELLOW: _ClassVar[PlateColour]
    PLATE_COLOUR_GREEN_ON_WHITE: _ClassVar[PlateColour]
    PLATE_COLOUR_WHITE_ON_RED: _ClassVar[PlateColour]
    PLATE_COLOUR_BLUE_ON_WHITE: _ClassVar[PlateColour]
    PLATE_COLOUR_OTHER: _ClassVar[PlateColour]

class PlateLayout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLATE_LAYOUT_UNSPECIFIED: _ClassVar[PlateLayout]
    PLATE_LAYOUT_ONE_LINE: _ClassVar[PlateLayout]
    PLATE_LAYOUT_TWO_LINES: _ClassVar[PlateLayout]

class VehicleClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VEHICLE_CLASS_UNSPECIFIED: _ClassVar[VehicleClass]
    VEHICLE_CLASS_CAR: _ClassVar[VehicleClass]
    VEHICLE_CLASS_VAN: _ClassVar[VehicleClass]
    VEHICLE_CLASS_TRUCK: _ClassVar[VehicleClass]
    VEHICLE_CLASS_BUS: _ClassVar[VehicleClass]
    VEHICLE_CLASS_MOTORCYCLE: _ClassVar[VehicleClass]
    VEHICLE_CLASS_MOPED: _ClassVar[VehicleClass]
    VEHICLE_CLASS_TRAILER: _ClassVar[VehicleClass]

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_APPROACHING: _ClassVar[Direction]
    DIRECTION_RECEDING: _ClassVar[Direction]

class ImageKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMAGE_KIND_UNSPECIFIED: _ClassVar[ImageKind]
    IMAGE_KIND_FRAME: _ClassVar[ImageKind]
    IMAGE_KIND_PLATE: _ClassVar[ImageKind]
    IMAGE_KIND_VEHICLE: _ClassVar[ImageKind]
PLATE_COLOUR_UNSPECIFIED: PlateColour
PLATE_COLOUR_RED_ON_WHITE: PlateColour
PLATE_COLOUR_BLACK_ON_WHITE: PlateColour
PLATE_COLOUR_BLACK_ON_YELLOW: PlateColour
PLATE_COLOUR_GREEN_ON_WHITE: PlateColour
PLATE_COLOUR_WHITE_ON_RED: PlateColour
PLATE_COLOUR_BLUE_ON_WHITE: PlateColour
PLATE_COLOUR_OTHER: PlateColour
PLATE_LAYOUT_UNSPECIFIED: PlateLayout
PLATE_LAYOUT_ONE_LINE: PlateLayout
PLATE_LAYOUT_TWO_LINES: PlateLayout
VEHICLE_CLASS_UNSPECIFIED: VehicleClass
VEHICLE_CLASS_CAR: VehicleClass
VEHICLE_CLASS_VAN: VehicleClass
VEHICLE_CLASS_TRUCK: VehicleClass
VEHICLE_CLASS_BUS: VehicleClass
VEHICLE_CLASS_MOTORCYCLE: VehicleClass
VEHICLE_CLASS_MOPED: VehicleClass
VEHICLE_CLASS_TRAILER: VehicleClass
DIRECTION_UNSPECIFIED: Direction
DIRECTION_APPROACHING: Direction
DIRECTION_RECEDING: Direction
IMAGE_KIND_UNSPECIFIED: ImageKind
IMAGE_KIND_FRAME: ImageKind
IMAGE_KIND_PLATE: ImageKind
IMAGE_KIND_VEHICLE: ImageKind

class Box(_message.Message):
    __slots__ = ("x", "y", "width", "height")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    x: int
    y: int
    width: int
    height: int
    def __init__(self, x: _Optional[int] = ..., y: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Point(_message.Message):
    __slots__ = ("x", "y")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ...) -> None: ...

class CharacterChoice(_message.Message):
    __slots__ = ("character", "probability")
    CHARACTER_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    character: str
    probability: float
    def __init__(self, character: _Optional[str] = ..., probability: _Optional[float] = ...) -> None: ...

class CharacterPosition(_message.Message):
    __slots__ = ("choices",)
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    choices: _containers.RepeatedCompositeFieldContainer[CharacterChoice]
    def __init__(self, choices: _Optional[_Iterable[_Union[CharacterChoice, _Mapping]]] = ...) -> None: ...

class CountryCandidate(_message.Message):
    __slots__ = ("country_code", "series", "prior")
    COUNTRY_CODE_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    country_code: str
    series: str
    prior: float
    def __init__(self, country_code: _Optional[str] = ..., series: _Optional[str] = ..., prior: _Optional[float] = ...) -> None: ...

class Plate(_message.Message):
    __slots__ = ("raw", "text", "characters", "countries", "confidence", "box", "corners", "colour", "layout", "unknown_format")
    RAW_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CHARACTERS_FIELD_NUMBER: _ClassVar[int]
    COUNTRIES_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    CORNERS_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FORMAT_FIELD_NUMBER: _ClassVar[int]
    raw: str
    text: str
    characters: _containers.RepeatedCompositeFieldContainer[CharacterPosition]
    countries: _containers.RepeatedCompositeFieldContainer[CountryCandidate]
    confidence: float
    box: Box
    corners: _containers.RepeatedCompositeFieldContainer[Point]
    colour: PlateColour
    layout: PlateLayout
    unknown_format: bool
    def __init__(self, raw: _Optional[str] = ..., text: _Optional[str] = ..., characters: _Optional[_Iterable[_Union[CharacterPosition, _Mapping]]] = ..., countries: _Optional[_Iterable[_Union[CountryCandidate, _Mapping]]] = ..., confidence: _Optional[float] = ..., box: _Optional[_Union[Box, _Mapping]] = ..., corners: _Optional[_Iterable[_Union[Point, _Mapping]]] = ..., colour: _Optional[_Union[PlateColour, str]] = ..., layout: _Optional[_Union[PlateLayout, str]] = ..., unknown_format: _Optional[bool] = ...) -> None: ...

class Vehicle(_message.Message):
    __slots__ = ("vehicle_class", "class_confidence", "make", "model", "model_confidence", "colour", "colour_confidence")
    VEHICLE_CLASS_FIELD_NUMBER: _ClassVar[int]
    CLASS_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    MAKE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    COLOUR_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    vehicle_class: VehicleClass
    class_confidence: float
    make: str
    model: str
    model_confidence: float
    colour: str
    colour_confidence: float
    def __init__(self, vehicle_class: _Optional[_Union[VehicleClass, str]] = ..., class_confidence: _Optional[float] = ..., make: _Optional[str] = ..., model: _Optional[str] = ..., model_confidence: _Optional[float] = ..., colour: _Optional[str] = ..., colour_confidence: _Optional[float] = ...) -> None: ...

class GeoPoint(_message.Message):
    __slots__ = ("latitude", "longitude")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...

class CaptureTime(_message.Message):
    __slots__ = ("time", "uncertainty")
    TIME_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    uncertainty: _duration_pb2.Duration
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., uncertainty: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ImageRef(_message.Message):
    __slots__ = ("kind", "object_key", "sha256", "size_bytes", "content_type", "version_id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_KEY_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    kind: ImageKind
    object_key: str
    sha256: bytes
    size_bytes: int
    content_type: str
    version_id: str
    def __init__(self, kind: _Optional[_Union[ImageKind, str]] = ..., object_key: _Optional[str] = ..., sha256: _Optional[bytes] = ..., size_bytes: _Optional[int] = ..., content_type: _Optional[str] = ..., version_id: _Optional[str] = ...) -> None: ...

class Engine(_message.Message):
    __slots__ = ("name", "version", "model_sha256")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    model_sha256: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., model_sha256: _Optional[str] = ...) -> None: ...

class Capture(_message.Message):
    __slots__ = ("camera_id", "sequence", "captured", "lane", "direction", "speed_kmh", "location", "heading_degrees", "track_id", "source_event_id")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_FIELD_NUMBER: _ClassVar[int]
    LANE_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    SPEED_KMH_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    HEADING_DEGREES_FIELD_NUMBER: _ClassVar[int]
    TRACK_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    sequence: int
    captured: CaptureTime
    lane: str
    direction: Direction
    speed_kmh: float
    location: GeoPoint
    heading_degrees: float
    track_id: str
    source_event_id: str
    def __init__(self, camera_id: _Optional[str] = ..., sequence: _Optional[int] = ..., captured: _Optional[_Union[CaptureTime, _Mapping]] = ..., lane: _Optional[str] = ..., direction: _Optional[_Union[Direction, str]] = ..., speed_kmh: _Optional[float] = ..., location: _Optional[_Union[GeoPoint, _Mapping]] = ..., heading_degrees: _Optional[float] = ..., track_id: _Optional[str] = ..., source_event_id: _Optional[str] = ...) -> None: ...

class Read(_message.Message):
    __slots__ = ("read_id", "frame_id", "region", "zone", "capture", "plate", "vehicle", "images", "engine", "no_read", "backfill", "adapter_version", "received_at")
    READ_ID_FIELD_NUMBER: _ClassVar[int]
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    VEHICLE_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    NO_READ_FIELD_NUMBER: _ClassVar[int]
    BACKFILL_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_VERSION_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    read_id: str
    frame_id: str
    region: str
    zone: str
    capture: Capture
    plate: Plate
    vehicle: Vehicle
    images: _containers.RepeatedCompositeFieldContainer[ImageRef]
    engine: Engine
    no_read: bool
    backfill: bool
    adapter_version: str
    received_at: _timestamp_pb2.Timestamp
    def __init__(self, read_id: _Optional[str] = ..., frame_id: _Optional[str] = ..., region: _Optional[str] = ..., zone: _Optional[str] = ..., capture: _Optional[_Union[Capture, _Mapping]] = ..., plate: _Optional[_Union[Plate, _Mapping]] = ..., vehicle: _Optional[_Union[Vehicle, _Mapping]] = ..., images: _Optional[_Iterable[_Union[ImageRef, _Mapping]]] = ..., engine: _Optional[_Union[Engine, _Mapping]] = ..., no_read: _Optional[bool] = ..., backfill: _Optional[bool] = ..., adapter_version: _Optional[str] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TimeWindow(_message.Message):
    __slots__ = ("until",)
    FROM_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    until: _timestamp_pb2.Timestamp
    def __init__(self, until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., **kwargs) -> None: ...
