from anpr.common.v1 import access_pb2 as _access_pb2
from anpr.common.v1 import plate_pb2 as _plate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetFrameRequest(_message.Message):
    __slots__ = ("access", "frame_id")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    frame_id: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., frame_id: _Optional[str] = ...) -> None: ...

class GetFrameResponse(_message.Message):
    __slots__ = ("image", "picture", "receipt")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    image: _plate_pb2.ImageRef
    picture: bytes
    receipt: _access_pb2.Receipt
    def __init__(self, image: _Optional[_Union[_plate_pb2.ImageRef, _Mapping]] = ..., picture: _Optional[bytes] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ExportPackageRequest(_message.Message):
    __slots__ = ("access", "read_ids")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    READ_IDS_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    read_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., read_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ExportPackageResponse(_message.Message):
    __slots__ = ("chunk", "receipt")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    receipt: _access_pb2.Receipt
    def __init__(self, chunk: _Optional[bytes] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...
