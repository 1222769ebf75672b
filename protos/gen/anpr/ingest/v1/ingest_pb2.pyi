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

class SubmitFrameRequest(_message.Message):
    __slots__ = ("capture", "picture", "backfill")
    CAPTURE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    BACKFILL_FIELD_NUMBER: _ClassVar[int]
    capture: _plate_pb2.Capture
    picture: bytes
    backfill: bool
    def __init__(self, capture: _Optional[_Union[_plate_pb2.Capture, _Mapping]] = ..., picture: _Optional[bytes] = ..., backfill: _Optional[bool] = ...) -> None: ...

class SubmitFrameResponse(_message.Message):
    __slots__ = ("frame_id", "sha256", "duplicate")
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    frame_id: str
    sha256: bytes
    duplicate: bool
    def __init__(self, frame_id: _Optional[str] = ..., sha256: _Optional[bytes] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class StreamFramesRequest(_message.Message):
    __slots__ = ("frame",)
    FRAME_FIELD_NUMBER: _ClassVar[int]
    frame: SubmitFrameRequest
    def __init__(self, frame: _Optional[_Union[SubmitFrameRequest, _Mapping]] = ...) -> None: ...

class StreamFramesResponse(_message.Message):
    __slots__ = ("camera_id", "sequence", "acknowledged", "refused")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    sequence: int
    acknowledged: SubmitFrameResponse
    refused: FrameRefusal
    def __init__(self, camera_id: _Optional[str] = ..., sequence: _Optional[int] = ..., acknowledged: _Optional[_Union[SubmitFrameResponse, _Mapping]] = ..., refused: _Optional[_Union[FrameRefusal, _Mapping]] = ...) -> None: ...

class FrameRefusal(_message.Message):
    __slots__ = ("reason", "message", "retry_delay")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRY_DELAY_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    retry_delay: _duration_pb2.Duration
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., retry_delay: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class SubmitReadsRequest(_message.Message):
    __slots__ = ("reads", "pictures")
    class PicturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    READS_FIELD_NUMBER: _ClassVar[int]
    PICTURES_FIELD_NUMBER: _ClassVar[int]
    reads: _containers.RepeatedCompositeFieldContainer[_plate_pb2.Read]
    pictures: _containers.ScalarMap[str, bytes]
    def __init__(self, reads: _Optional[_Iterable[_Union[_plate_pb2.Read, _Mapping]]] = ..., pictures: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class SubmitReadsResponse(_message.Message):
    __slots__ = ("read_ids",)
    READ_IDS_FIELD_NUMBER: _ClassVar[int]
    read_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, read_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ("camera_id", "camera_time", "last_sequence", "held_back", "measurements")
    class MeasurementsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    CAMERA_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HELD_BACK_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENTS_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    camera_time: _timestamp_pb2.Timestamp
    last_sequence: int
    held_back: int
    measurements: _containers.ScalarMap[str, float]
    def __init__(self, camera_id: _Optional[str] = ..., camera_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_sequence: _Optional[int] = ..., held_back: _Optional[int] = ..., measurements: _Optional[_Mapping[str, float]] = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ("region_time",)
    REGION_TIME_FIELD_NUMBER: _ClassVar[int]
    region_time: _timestamp_pb2.Timestamp
    def __init__(self, region_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
