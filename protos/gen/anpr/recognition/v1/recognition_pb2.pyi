from anpr.common.v1 import access_pb2 as _access_pb2
from anpr.common.v1 import plate_pb2 as _plate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecognizeRequest(_message.Message):
    __slots__ = ("picture", "country_hint")
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_HINT_FIELD_NUMBER: _ClassVar[int]
    picture: bytes
    country_hint: str
    def __init__(self, picture: _Optional[bytes] = ..., country_hint: _Optional[str] = ...) -> None: ...

class RecognizeResponse(_message.Message):
    __slots__ = ("plates", "engine", "width_px", "height_px")
    PLATES_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    plates: _containers.RepeatedCompositeFieldContainer[_plate_pb2.Plate]
    engine: _plate_pb2.Engine
    width_px: int
    height_px: int
    def __init__(self, plates: _Optional[_Iterable[_Union[_plate_pb2.Plate, _Mapping]]] = ..., engine: _Optional[_Union[_plate_pb2.Engine, _Mapping]] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ...) -> None: ...

class RecognizeStreamRequest(_message.Message):
    __slots__ = ("picture_id", "request")
    PICTURE_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    picture_id: str
    request: RecognizeRequest
    def __init__(self, picture_id: _Optional[str] = ..., request: _Optional[_Union[RecognizeRequest, _Mapping]] = ...) -> None: ...

class RecognizeStreamResponse(_message.Message):
    __slots__ = ("picture_id", "response", "refusal")
    PICTURE_ID_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    picture_id: str
    response: RecognizeResponse
    refusal: str
    def __init__(self, picture_id: _Optional[str] = ..., response: _Optional[_Union[RecognizeResponse, _Mapping]] = ..., refusal: _Optional[str] = ...) -> None: ...

class GetModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetModelsResponse(_message.Message):
    __slots__ = ("engines", "warm_workers")
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    WARM_WORKERS_FIELD_NUMBER: _ClassVar[int]
    engines: _containers.RepeatedCompositeFieldContainer[_plate_pb2.Engine]
    warm_workers: int
    def __init__(self, engines: _Optional[_Iterable[_Union[_plate_pb2.Engine, _Mapping]]] = ..., warm_workers: _Optional[int] = ...) -> None: ...
