import datetime

from anpr.common.v1 import access_pb2 as _access_pb2
from anpr.common.v1 import plate_pb2 as _plate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Decision(_message.Message):
    __slots__ = ("decision_id", "magistrate", "document_sha256", "plates", "window", "camera_ids", "validity", "case_reference", "recorded_at", "revoked_at")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    MAGISTRATE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    PLATES_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    CAMERA_IDS_FIELD_NUMBER: _ClassVar[int]
    VALIDITY_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_FIELD_NUMBER: _ClassVar[int]
    REVOKED_AT_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    magistrate: str
    document_sha256: bytes
    plates: _containers.RepeatedScalarFieldContainer[str]
    window: _plate_pb2.TimeWindow
    camera_ids: _containers.RepeatedScalarFieldContainer[str]
    validity: _plate_pb2.TimeWindow
    case_reference: str
    recorded_at: _timestamp_pb2.Timestamp
    revoked_at: _timestamp_pb2.Timestamp
    def __init__(self, decision_id: _Optional[str] = ..., magistrate: _Optional[str] = ..., document_sha256: _Optional[bytes] = ..., plates: _Optional[_Iterable[str]] = ..., window: _Optional[_Union[_plate_pb2.TimeWindow, _Mapping]] = ..., camera_ids: _Optional[_Iterable[str]] = ..., validity: _Optional[_Union[_plate_pb2.TimeWindow, _Mapping]] = ..., case_reference: _Optional[str] = ..., recorded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RecordDecisionRequest(_message.Message):
    __slots__ = ("access", "decision")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    decision: Decision
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., decision: _Optional[_Union[Decision, _Mapping]] = ...) -> None: ...

class RecordDecisionResponse(_message.Message):
    __slots__ = ("decision", "receipt")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    decision: Decision
    receipt: _access_pb2.Receipt
    def __init__(self, decision: _Optional[_Union[Decision, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class GetDecisionRequest(_message.Message):
    __slots__ = ("access", "decision_id")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    decision_id: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., decision_id: _Optional[str] = ...) -> None: ...

class GetDecisionResponse(_message.Message):
    __slots__ = ("decision", "receipt")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    decision: Decision
    receipt: _access_pb2.Receipt
    def __init__(self, decision: _Optional[_Union[Decision, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class RevokeDecisionRequest(_message.Message):
    __slots__ = ("access", "decision_id")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    decision_id: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., decision_id: _Optional[str] = ...) -> None: ...

class RevokeDecisionResponse(_message.Message):
    __slots__ = ("receipt",)
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    receipt: _access_pb2.Receipt
    def __init__(self, receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...
