import datetime

from anpr.common.v1 import access_pb2 as _access_pb2
from anpr.matching.v1 import hotlist_pb2 as _hotlist_pb2
from anpr.matching.v1 import sighting_pb2 as _sighting_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_CONFIRMED: _ClassVar[Verdict]
    VERDICT_MISREAD: _ClassVar[Verdict]
    VERDICT_WRONG_VEHICLE: _ClassVar[Verdict]
    VERDICT_STALE: _ClassVar[Verdict]

class Disposition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISPOSITION_UNSPECIFIED: _ClassVar[Disposition]
    DISPOSITION_STOPPED: _ClassVar[Disposition]
    DISPOSITION_NOT_FOUND: _ClassVar[Disposition]
    DISPOSITION_NO_ACTION: _ClassVar[Disposition]
    DISPOSITION_REFERRED: _ClassVar[Disposition]
VERDICT_UNSPECIFIED: Verdict
VERDICT_CONFIRMED: Verdict
VERDICT_MISREAD: Verdict
VERDICT_WRONG_VEHICLE: Verdict
VERDICT_STALE: Verdict
DISPOSITION_UNSPECIFIED: Disposition
DISPOSITION_STOPPED: Disposition
DISPOSITION_NOT_FOUND: Disposition
DISPOSITION_NO_ACTION: Disposition
DISPOSITION_REFERRED: Disposition

class Alert(_message.Message):
    __slots__ = ("alert_id", "position", "raised_at", "sighting", "hotlist", "entry", "late", "verdict", "disposition")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RAISED_AT_FIELD_NUMBER: _ClassVar[int]
    SIGHTING_FIELD_NUMBER: _ClassVar[int]
    HOTLIST_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    position: int
    raised_at: _timestamp_pb2.Timestamp
    sighting: _sighting_pb2.Sighting
    hotlist: _hotlist_pb2.Hotlist
    entry: _hotlist_pb2.HotlistEntry
    late: bool
    verdict: Verdict
    disposition: Disposition
    def __init__(self, alert_id: _Optional[str] = ..., position: _Optional[int] = ..., raised_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sighting: _Optional[_Union[_sighting_pb2.Sighting, _Mapping]] = ..., hotlist: _Optional[_Union[_hotlist_pb2.Hotlist, _Mapping]] = ..., entry: _Optional[_Union[_hotlist_pb2.HotlistEntry, _Mapping]] = ..., late: _Optional[bool] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., disposition: _Optional[_Union[Disposition, str]] = ...) -> None: ...

class WatchAlertsRequest(_message.Message):
    __slots__ = ("access", "resume_token", "hotlist_ids", "lowest_priority")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    HOTLIST_IDS_FIELD_NUMBER: _ClassVar[int]
    LOWEST_PRIORITY_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    resume_token: str
    hotlist_ids: _containers.RepeatedScalarFieldContainer[str]
    lowest_priority: int
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., resume_token: _Optional[str] = ..., hotlist_ids: _Optional[_Iterable[str]] = ..., lowest_priority: _Optional[int] = ...) -> None: ...

class WatchAlertsResponse(_message.Message):
    __slots__ = ("alerts", "resume_token", "receipt")
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[Alert]
    resume_token: str
    receipt: _access_pb2.Receipt
    def __init__(self, alerts: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., resume_token: _Optional[str] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class VerifyAlertRequest(_message.Message):
    __slots__ = ("access", "alert_id", "verdict")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    alert_id: str
    verdict: Verdict
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., alert_id: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ...) -> None: ...

class VerifyAlertResponse(_message.Message):
    __slots__ = ("alert", "receipt")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    receipt: _access_pb2.Receipt
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class DisposeAlertRequest(_message.Message):
    __slots__ = ("access", "alert_id", "disposition")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    alert_id: str
    disposition: Disposition
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., alert_id: _Optional[str] = ..., disposition: _Optional[_Union[Disposition, str]] = ...) -> None: ...

class DisposeAlertResponse(_message.Message):
    __slots__ = ("alert", "receipt")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    receipt: _access_pb2.Receipt
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...
