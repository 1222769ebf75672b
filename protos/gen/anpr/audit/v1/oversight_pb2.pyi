import datetime

from anpr.audit.v1 import audit_pb2 as _audit_pb2
from anpr.common.v1 import access_pb2 as _access_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FlagState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FLAG_STATE_UNSPECIFIED: _ClassVar[FlagState]
    FLAG_STATE_OPEN: _ClassVar[FlagState]
    FLAG_STATE_JUSTIFIED: _ClassVar[FlagState]
    FLAG_STATE_REFERRED: _ClassVar[FlagState]

class ReferenceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REFERENCE_KIND_UNSPECIFIED: _ClassVar[ReferenceKind]
    REFERENCE_KIND_ROSTER: _ClassVar[ReferenceKind]
    REFERENCE_KIND_HOUSEHOLD: _ClassVar[ReferenceKind]
    REFERENCE_KIND_COLLEAGUES: _ClassVar[ReferenceKind]
    REFERENCE_KIND_PROTECTED: _ClassVar[ReferenceKind]
FLAG_STATE_UNSPECIFIED: FlagState
FLAG_STATE_OPEN: FlagState
FLAG_STATE_JUSTIFIED: FlagState
FLAG_STATE_REFERRED: FlagState
REFERENCE_KIND_UNSPECIFIED: ReferenceKind
REFERENCE_KIND_ROSTER: ReferenceKind
REFERENCE_KIND_HOUSEHOLD: ReferenceKind
REFERENCE_KIND_COLLEAGUES: ReferenceKind
REFERENCE_KIND_PROTECTED: ReferenceKind

class Rule(_message.Message):
    __slots__ = ("name", "version", "words", "thresholds", "open", "justified", "referred")
    class ThresholdsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    JUSTIFIED_FIELD_NUMBER: _ClassVar[int]
    REFERRED_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    words: str
    thresholds: _containers.ScalarMap[str, int]
    open: int
    justified: int
    referred: int
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., words: _Optional[str] = ..., thresholds: _Optional[_Mapping[str, int]] = ..., open: _Optional[int] = ..., justified: _Optional[int] = ..., referred: _Optional[int] = ...) -> None: ...

class Flag(_message.Message):
    __slots__ = ("flag_id", "rule", "rule_version", "state", "raised", "officers", "unit", "explanation", "entries", "verdicts")
    FLAG_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RAISED_FIELD_NUMBER: _ClassVar[int]
    OFFICERS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    flag_id: str
    rule: str
    rule_version: int
    state: FlagState
    raised: _timestamp_pb2.Timestamp
    officers: _containers.RepeatedScalarFieldContainer[str]
    unit: str
    explanation: str
    entries: _containers.RepeatedScalarFieldContainer[int]
    verdicts: _containers.RepeatedCompositeFieldContainer[Verdict]
    def __init__(self, flag_id: _Optional[str] = ..., rule: _Optional[str] = ..., rule_version: _Optional[int] = ..., state: _Optional[_Union[FlagState, str]] = ..., raised: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., officers: _Optional[_Iterable[str]] = ..., unit: _Optional[str] = ..., explanation: _Optional[str] = ..., entries: _Optional[_Iterable[int]] = ..., verdicts: _Optional[_Iterable[_Union[Verdict, _Mapping]]] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("verdict", "index", "at", "reviewer", "reason")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    verdict: FlagState
    index: int
    at: _timestamp_pb2.Timestamp
    reviewer: str
    reason: str
    def __init__(self, verdict: _Optional[_Union[FlagState, str]] = ..., index: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reviewer: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class SampledLookup(_message.Message):
    __slots__ = ("week", "lookup", "drawn", "justified", "justification_index", "justified_by", "justification")
    WEEK_FIELD_NUMBER: _ClassVar[int]
    LOOKUP_FIELD_NUMBER: _ClassVar[int]
    DRAWN_FIELD_NUMBER: _ClassVar[int]
    JUSTIFIED_FIELD_NUMBER: _ClassVar[int]
    JUSTIFICATION_INDEX_FIELD_NUMBER: _ClassVar[int]
    JUSTIFIED_BY_FIELD_NUMBER: _ClassVar[int]
    JUSTIFICATION_FIELD_NUMBER: _ClassVar[int]
    week: str
    lookup: _audit_pb2.Entry
    drawn: _timestamp_pb2.Timestamp
    justified: _timestamp_pb2.Timestamp
    justification_index: int
    justified_by: str
    justification: str
    def __init__(self, week: _Optional[str] = ..., lookup: _Optional[_Union[_audit_pb2.Entry, _Mapping]] = ..., drawn: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., justified: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., justification_index: _Optional[int] = ..., justified_by: _Optional[str] = ..., justification: _Optional[str] = ...) -> None: ...

class ListRulesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRulesResponse(_message.Message):
    __slots__ = ("rules", "looked_at")
    RULES_FIELD_NUMBER: _ClassVar[int]
    LOOKED_AT_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[Rule]
    looked_at: int
    def __init__(self, rules: _Optional[_Iterable[_Union[Rule, _Mapping]]] = ..., looked_at: _Optional[int] = ...) -> None: ...

class RunRulesRequest(_message.Message):
    __slots__ = ("access", "first", "last")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    first: int
    last: int
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., first: _Optional[int] = ..., last: _Optional[int] = ...) -> None: ...

class RunRulesResponse(_message.Message):
    __slots__ = ("first", "next", "size", "raised", "receipt")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    RAISED_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    first: int
    next: int
    size: int
    raised: int
    receipt: _access_pb2.Receipt
    def __init__(self, first: _Optional[int] = ..., next: _Optional[int] = ..., size: _Optional[int] = ..., raised: _Optional[int] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ListFlagsRequest(_message.Message):
    __slots__ = ("access", "state", "rule", "officer", "overdue_days", "page_size", "page_token")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    OVERDUE_DAYS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    state: FlagState
    rule: str
    officer: str
    overdue_days: int
    page_size: int
    page_token: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., state: _Optional[_Union[FlagState, str]] = ..., rule: _Optional[str] = ..., officer: _Optional[str] = ..., overdue_days: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListFlagsResponse(_message.Message):
    __slots__ = ("flags", "next_page_token", "receipt")
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    flags: _containers.RepeatedCompositeFieldContainer[Flag]
    next_page_token: str
    receipt: _access_pb2.Receipt
    def __init__(self, flags: _Optional[_Iterable[_Union[Flag, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class GetFlagRequest(_message.Message):
    __slots__ = ("access", "flag_id")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    FLAG_ID_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    flag_id: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., flag_id: _Optional[str] = ...) -> None: ...

class GetFlagResponse(_message.Message):
    __slots__ = ("flag", "receipt")
    FLAG_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    flag: Flag
    receipt: _access_pb2.Receipt
    def __init__(self, flag: _Optional[_Union[Flag, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ReviewFlagRequest(_message.Message):
    __slots__ = ("access", "flag_id", "verdict", "reason", "seen")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    FLAG_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SEEN_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    flag_id: str
    verdict: FlagState
    reason: str
    seen: FlagState
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., flag_id: _Optional[str] = ..., verdict: _Optional[_Union[FlagState, str]] = ..., reason: _Optional[str] = ..., seen: _Optional[_Union[FlagState, str]] = ...) -> None: ...

class ReviewFlagResponse(_message.Message):
    __slots__ = ("flag", "receipt")
    FLAG_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    flag: Flag
    receipt: _access_pb2.Receipt
    def __init__(self, flag: _Optional[_Union[Flag, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ImportReferenceRequest(_message.Message):
    __slots__ = ("access", "kind", "csv", "sha256", "valid_from", "adds")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CSV_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    ADDS_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    kind: ReferenceKind
    csv: bytes
    sha256: bytes
    valid_from: _timestamp_pb2.Timestamp
    adds: bool
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., kind: _Optional[_Union[ReferenceKind, str]] = ..., csv: _Optional[bytes] = ..., sha256: _Optional[bytes] = ..., valid_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., adds: _Optional[bool] = ...) -> None: ...

class ImportReferenceResponse(_message.Message):
    __slots__ = ("version", "rows", "index", "receipt")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    version: int
    rows: int
    index: int
    receipt: _access_pb2.Receipt
    def __init__(self, version: _Optional[int] = ..., rows: _Optional[int] = ..., index: _Optional[int] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class DrawSampleRequest(_message.Message):
    __slots__ = ("access", "week")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    WEEK_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    week: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., week: _Optional[str] = ...) -> None: ...

class DrawSampleResponse(_message.Message):
    __slots__ = ("size", "line", "seed", "indexes", "of_each_unit", "receipt")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    OF_EACH_UNIT_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    size: int
    line: str
    seed: bytes
    indexes: _containers.RepeatedScalarFieldContainer[int]
    of_each_unit: int
    receipt: _access_pb2.Receipt
    def __init__(self, size: _Optional[int] = ..., line: _Optional[str] = ..., seed: _Optional[bytes] = ..., indexes: _Optional[_Iterable[int]] = ..., of_each_unit: _Optional[int] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ListSamplesRequest(_message.Message):
    __slots__ = ("access", "week", "overdue_days", "only_open")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    WEEK_FIELD_NUMBER: _ClassVar[int]
    OVERDUE_DAYS_FIELD_NUMBER: _ClassVar[int]
    ONLY_OPEN_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    week: str
    overdue_days: int
    only_open: bool
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., week: _Optional[str] = ..., overdue_days: _Optional[int] = ..., only_open: _Optional[bool] = ...) -> None: ...

class ListSamplesResponse(_message.Message):
    __slots__ = ("samples", "receipt")
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    samples: _containers.RepeatedCompositeFieldContainer[SampledLookup]
    receipt: _access_pb2.Receipt
    def __init__(self, samples: _Optional[_Iterable[_Union[SampledLookup, _Mapping]]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class JustifySampleRequest(_message.Message):
    __slots__ = ("access", "week", "index", "justification")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    WEEK_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    JUSTIFICATION_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    week: str
    index: int
    justification: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., week: _Optional[str] = ..., index: _Optional[int] = ..., justification: _Optional[str] = ...) -> None: ...

class JustifySampleResponse(_message.Message):
    __slots__ = ("index", "receipt")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    index: int
    receipt: _access_pb2.Receipt
    def __init__(self, index: _Optional[int] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class GetStatisticsRequest(_message.Message):
    __slots__ = ("first_month", "last_month")
    FIRST_MONTH_FIELD_NUMBER: _ClassVar[int]
    LAST_MONTH_FIELD_NUMBER: _ClassVar[int]
    first_month: str
    last_month: str
    def __init__(self, first_month: _Optional[str] = ..., last_month: _Optional[str] = ...) -> None: ...

class GetStatisticsResponse(_message.Message):
    __slots__ = ("months",)
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    months: _containers.RepeatedCompositeFieldContainer[MonthOfStatistics]
    def __init__(self, months: _Optional[_Iterable[_Union[MonthOfStatistics, _Mapping]]] = ...) -> None: ...

class MonthOfStatistics(_message.Message):
    __slots__ = ("month", "tables")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    month: str
    tables: _containers.RepeatedCompositeFieldContainer[StatisticsTable]
    def __init__(self, month: _Optional[str] = ..., tables: _Optional[_Iterable[_Union[StatisticsTable, _Mapping]]] = ...) -> None: ...

class StatisticsTable(_message.Message):
    __slots__ = ("dimension", "cells")
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    dimension: str
    cells: _containers.RepeatedCompositeFieldContainer[StatisticsCell]
    def __init__(self, dimension: _Optional[str] = ..., cells: _Optional[_Iterable[_Union[StatisticsCell, _Mapping]]] = ...) -> None: ...

class StatisticsCell(_message.Message):
    __slots__ = ("name", "count", "suppressed")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSED_FIELD_NUMBER: _ClassVar[int]
    name: str
    count: int
    suppressed: bool
    def __init__(self, name: _Optional[str] = ..., count: _Optional[int] = ..., suppressed: _Optional[bool] = ...) -> None: ...
