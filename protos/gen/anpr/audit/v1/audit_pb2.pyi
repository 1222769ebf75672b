import datetime

from anpr.common.v1 import access_pb2 as _access_pb2
from anpr.common.v1 import plate_pb2 as _plate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EntryKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENTRY_KIND_UNSPECIFIED: _ClassVar[EntryKind]
    ENTRY_KIND_INTENT: _ClassVar[EntryKind]
    ENTRY_KIND_OUTCOME: _ClassVar[EntryKind]
    ENTRY_KIND_DENIED: _ClassVar[EntryKind]
    ENTRY_KIND_EXPORT: _ClassVar[EntryKind]
    ENTRY_KIND_REVIEW: _ClassVar[EntryKind]
    ENTRY_KIND_ERASURE: _ClassVar[EntryKind]
    ENTRY_KIND_KEY: _ClassVar[EntryKind]
    ENTRY_KIND_SHARD: _ClassVar[EntryKind]

class Release(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RELEASE_UNSPECIFIED: _ClassVar[Release]
    RELEASE_DURABLE: _ClassVar[Release]
    RELEASE_INTEGRATED: _ClassVar[Release]
    RELEASE_WITNESSED: _ClassVar[Release]
ENTRY_KIND_UNSPECIFIED: EntryKind
ENTRY_KIND_INTENT: EntryKind
ENTRY_KIND_OUTCOME: EntryKind
ENTRY_KIND_DENIED: EntryKind
ENTRY_KIND_EXPORT: EntryKind
ENTRY_KIND_REVIEW: EntryKind
ENTRY_KIND_ERASURE: EntryKind
ENTRY_KIND_KEY: EntryKind
ENTRY_KIND_SHARD: EntryKind
RELEASE_UNSPECIFIED: Release
RELEASE_DURABLE: Release
RELEASE_INTEGRATED: Release
RELEASE_WITNESSED: Release

class EntryFields(_message.Message):
    __slots__ = ("id", "kind", "ref", "system", "actor", "unit", "zone", "client", "roles", "access", "rpc", "plate", "query", "status", "refusal", "result_count", "result_digest", "page", "policy")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    RPC_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    RESULT_COUNT_FIELD_NUMBER: _ClassVar[int]
    RESULT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: EntryKind
    ref: str
    system: str
    actor: str
    unit: str
    zone: str
    client: str
    roles: _containers.RepeatedScalarFieldContainer[_access_pb2.Role]
    access: _access_pb2.AccessContext
    rpc: str
    plate: str
    query: str
    status: str
    refusal: str
    result_count: int
    result_digest: str
    page: int
    policy: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[EntryKind, str]] = ..., ref: _Optional[str] = ..., system: _Optional[str] = ..., actor: _Optional[str] = ..., unit: _Optional[str] = ..., zone: _Optional[str] = ..., client: _Optional[str] = ..., roles: _Optional[_Iterable[_Union[_access_pb2.Role, str]]] = ..., access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., rpc: _Optional[str] = ..., plate: _Optional[str] = ..., query: _Optional[str] = ..., status: _Optional[str] = ..., refusal: _Optional[str] = ..., result_count: _Optional[int] = ..., result_digest: _Optional[str] = ..., page: _Optional[int] = ..., policy: _Optional[str] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("index", "time", "leaf", "fields")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    index: int
    time: _timestamp_pb2.Timestamp
    leaf: bytes
    fields: EntryFields
    def __init__(self, index: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., leaf: _Optional[bytes] = ..., fields: _Optional[_Union[EntryFields, _Mapping]] = ...) -> None: ...

class AppendRequest(_message.Message):
    __slots__ = ("fields",)
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    fields: EntryFields
    def __init__(self, fields: _Optional[_Union[EntryFields, _Mapping]] = ...) -> None: ...

class AppendResponse(_message.Message):
    __slots__ = ("index", "note", "leaf", "release", "refusal")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    LEAF_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    index: int
    note: str
    leaf: bytes
    release: Release
    refusal: str
    def __init__(self, index: _Optional[int] = ..., note: _Optional[str] = ..., leaf: _Optional[bytes] = ..., release: _Optional[_Union[Release, str]] = ..., refusal: _Optional[str] = ...) -> None: ...

class AppendBatchRequest(_message.Message):
    __slots__ = ("fields", "each_alone")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    EACH_ALONE_FIELD_NUMBER: _ClassVar[int]
    fields: _containers.RepeatedCompositeFieldContainer[EntryFields]
    each_alone: bool
    def __init__(self, fields: _Optional[_Iterable[_Union[EntryFields, _Mapping]]] = ..., each_alone: _Optional[bool] = ...) -> None: ...

class AppendBatchResponse(_message.Message):
    __slots__ = ("receipts",)
    RECEIPTS_FIELD_NUMBER: _ClassVar[int]
    receipts: _containers.RepeatedCompositeFieldContainer[AppendResponse]
    def __init__(self, receipts: _Optional[_Iterable[_Union[AppendResponse, _Mapping]]] = ...) -> None: ...

class AwaitHeadRequest(_message.Message):
    __slots__ = ("index", "release")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    index: int
    release: Release
    def __init__(self, index: _Optional[int] = ..., release: _Optional[_Union[Release, str]] = ...) -> None: ...

class AwaitHeadResponse(_message.Message):
    __slots__ = ("note",)
    NOTE_FIELD_NUMBER: _ClassVar[int]
    note: str
    def __init__(self, note: _Optional[str] = ...) -> None: ...

class GetEntryRequest(_message.Message):
    __slots__ = ("access", "index")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    index: int
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., index: _Optional[int] = ...) -> None: ...

class GetEntryResponse(_message.Message):
    __slots__ = ("entry", "receipt")
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    entry: Entry
    receipt: _access_pb2.Receipt
    def __init__(self, entry: _Optional[_Union[Entry, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class SearchEntriesRequest(_message.Message):
    __slots__ = ("access", "actor", "plate", "case_reference", "kind", "window", "page_size", "page_token", "unit", "purpose", "system", "decision_id", "rpc", "status", "least_results", "most_results")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    RPC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LEAST_RESULTS_FIELD_NUMBER: _ClassVar[int]
    MOST_RESULTS_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    actor: str
    plate: str
    case_reference: str
    kind: EntryKind
    window: _plate_pb2.TimeWindow
    page_size: int
    page_token: str
    unit: str
    purpose: _access_pb2.Purpose
    system: str
    decision_id: str
    rpc: str
    status: str
    least_results: int
    most_results: int
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., actor: _Optional[str] = ..., plate: _Optional[str] = ..., case_reference: _Optional[str] = ..., kind: _Optional[_Union[EntryKind, str]] = ..., window: _Optional[_Union[_plate_pb2.TimeWindow, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., unit: _Optional[str] = ..., purpose: _Optional[_Union[_access_pb2.Purpose, str]] = ..., system: _Optional[str] = ..., decision_id: _Optional[str] = ..., rpc: _Optional[str] = ..., status: _Optional[str] = ..., least_results: _Optional[int] = ..., most_results: _Optional[int] = ...) -> None: ...

class SearchEntriesResponse(_message.Message):
    __slots__ = ("entries", "next_page_token", "receipt")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    next_page_token: str
    receipt: _access_pb2.Receipt
    def __init__(self, entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ListLeavesRequest(_message.Message):
    __slots__ = ("first", "count")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    first: int
    count: int
    def __init__(self, first: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...

class ListLeavesResponse(_message.Message):
    __slots__ = ("leaves",)
    LEAVES_FIELD_NUMBER: _ClassVar[int]
    leaves: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, leaves: _Optional[_Iterable[bytes]] = ...) -> None: ...

class GetCheckpointRequest(_message.Message):
    __slots__ = ("size", "published")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    size: int
    published: bool
    def __init__(self, size: _Optional[int] = ..., published: _Optional[bool] = ...) -> None: ...

class GetCheckpointResponse(_message.Message):
    __slots__ = ("note", "verifier_key", "receipt_verifier_key")
    NOTE_FIELD_NUMBER: _ClassVar[int]
    VERIFIER_KEY_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_VERIFIER_KEY_FIELD_NUMBER: _ClassVar[int]
    note: str
    verifier_key: str
    receipt_verifier_key: str
    def __init__(self, note: _Optional[str] = ..., verifier_key: _Optional[str] = ..., receipt_verifier_key: _Optional[str] = ...) -> None: ...

class ListHeadsRequest(_message.Message):
    __slots__ = ("after_size", "count")
    AFTER_SIZE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    after_size: int
    count: int
    def __init__(self, after_size: _Optional[int] = ..., count: _Optional[int] = ...) -> None: ...

class ListHeadsResponse(_message.Message):
    __slots__ = ("notes",)
    NOTES_FIELD_NUMBER: _ClassVar[int]
    notes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, notes: _Optional[_Iterable[str]] = ...) -> None: ...

class GetInclusionProofRequest(_message.Message):
    __slots__ = ("index", "size")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    index: int
    size: int
    def __init__(self, index: _Optional[int] = ..., size: _Optional[int] = ...) -> None: ...

class GetInclusionProofResponse(_message.Message):
    __slots__ = ("path", "leaf_hash", "checkpoint")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LEAF_HASH_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    path: _containers.RepeatedScalarFieldContainer[bytes]
    leaf_hash: bytes
    checkpoint: str
    def __init__(self, path: _Optional[_Iterable[bytes]] = ..., leaf_hash: _Optional[bytes] = ..., checkpoint: _Optional[str] = ...) -> None: ...

class GetConsistencyProofRequest(_message.Message):
    __slots__ = ("first", "second")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    first: int
    second: int
    def __init__(self, first: _Optional[int] = ..., second: _Optional[int] = ...) -> None: ...

class GetConsistencyProofResponse(_message.Message):
    __slots__ = ("path", "checkpoint")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    path: _containers.RepeatedScalarFieldContainer[bytes]
    checkpoint: str
    def __init__(self, path: _Optional[_Iterable[bytes]] = ..., checkpoint: _Optional[str] = ...) -> None: ...

class ExportEntriesRequest(_message.Message):
    __slots__ = ("access", "first", "last", "disclosed")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    DISCLOSED_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    first: int
    last: int
    disclosed: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., first: _Optional[int] = ..., last: _Optional[int] = ..., disclosed: _Optional[_Iterable[str]] = ...) -> None: ...

class ExportEntriesResponse(_message.Message):
    __slots__ = ("chunk", "receipt")
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    receipt: _access_pb2.Receipt
    def __init__(self, chunk: _Optional[bytes] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...
