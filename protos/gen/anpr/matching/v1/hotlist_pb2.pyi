import datetime

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

class HotlistCategory(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOTLIST_CATEGORY_UNSPECIFIED: _ClassVar[HotlistCategory]
    HOTLIST_CATEGORY_STOLEN: _ClassVar[HotlistCategory]
    HOTLIST_CATEGORY_WANTED: _ClassVar[HotlistCategory]
    HOTLIST_CATEGORY_MISSING_PERSON: _ClassVar[HotlistCategory]
    HOTLIST_CATEGORY_IMMINENT_DANGER: _ClassVar[HotlistCategory]
    HOTLIST_CATEGORY_SCHENGEN: _ClassVar[HotlistCategory]
    HOTLIST_CATEGORY_UNINSURED: _ClassVar[HotlistCategory]
    HOTLIST_CATEGORY_UNINSPECTED: _ClassVar[HotlistCategory]
    HOTLIST_CATEGORY_OTHER: _ClassVar[HotlistCategory]
HOTLIST_CATEGORY_UNSPECIFIED: HotlistCategory
HOTLIST_CATEGORY_STOLEN: HotlistCategory
HOTLIST_CATEGORY_WANTED: HotlistCategory
HOTLIST_CATEGORY_MISSING_PERSON: HotlistCategory
HOTLIST_CATEGORY_IMMINENT_DANGER: HotlistCategory
HOTLIST_CATEGORY_SCHENGEN: HotlistCategory
HOTLIST_CATEGORY_UNINSURED: HotlistCategory
HOTLIST_CATEGORY_UNINSPECTED: HotlistCategory
HOTLIST_CATEGORY_OTHER: HotlistCategory

class Hotlist(_message.Message):
    __slots__ = ("hotlist_id", "name", "category", "priority", "owner", "source", "legal_ground", "zone", "review_at")
    HOTLIST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_GROUND_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    REVIEW_AT_FIELD_NUMBER: _ClassVar[int]
    hotlist_id: str
    name: str
    category: HotlistCategory
    priority: int
    owner: str
    source: str
    legal_ground: _access_pb2.LegalGround
    zone: str
    review_at: _timestamp_pb2.Timestamp
    def __init__(self, hotlist_id: _Optional[str] = ..., name: _Optional[str] = ..., category: _Optional[_Union[HotlistCategory, str]] = ..., priority: _Optional[int] = ..., owner: _Optional[str] = ..., source: _Optional[str] = ..., legal_ground: _Optional[_Union[_access_pb2.LegalGround, str]] = ..., zone: _Optional[str] = ..., review_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class HotlistEntry(_message.Message):
    __slots__ = ("entry_id", "plate", "valid_from", "valid_until", "note", "source_reference", "added_version")
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ADDED_VERSION_FIELD_NUMBER: _ClassVar[int]
    entry_id: str
    plate: str
    valid_from: _timestamp_pb2.Timestamp
    valid_until: _timestamp_pb2.Timestamp
    note: str
    source_reference: str
    added_version: int
    def __init__(self, entry_id: _Optional[str] = ..., plate: _Optional[str] = ..., valid_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., note: _Optional[str] = ..., source_reference: _Optional[str] = ..., added_version: _Optional[int] = ...) -> None: ...

class CreateHotlistRequest(_message.Message):
    __slots__ = ("access", "hotlist")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    HOTLIST_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    hotlist: Hotlist
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., hotlist: _Optional[_Union[Hotlist, _Mapping]] = ...) -> None: ...

class CreateHotlistResponse(_message.Message):
    __slots__ = ("hotlist", "receipt")
    HOTLIST_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    hotlist: Hotlist
    receipt: _access_pb2.Receipt
    def __init__(self, hotlist: _Optional[_Union[Hotlist, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ListHotlistsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListHotlistsResponse(_message.Message):
    __slots__ = ("hotlists", "list_version")
    HOTLISTS_FIELD_NUMBER: _ClassVar[int]
    LIST_VERSION_FIELD_NUMBER: _ClassVar[int]
    hotlists: _containers.RepeatedCompositeFieldContainer[Hotlist]
    list_version: int
    def __init__(self, hotlists: _Optional[_Iterable[_Union[Hotlist, _Mapping]]] = ..., list_version: _Optional[int] = ...) -> None: ...

class AddEntriesRequest(_message.Message):
    __slots__ = ("access", "hotlist_id", "entries")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    HOTLIST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    hotlist_id: str
    entries: _containers.RepeatedCompositeFieldContainer[HotlistEntry]
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., hotlist_id: _Optional[str] = ..., entries: _Optional[_Iterable[_Union[HotlistEntry, _Mapping]]] = ...) -> None: ...

class AddEntriesResponse(_message.Message):
    __slots__ = ("entry_ids", "list_version", "receipt")
    ENTRY_IDS_FIELD_NUMBER: _ClassVar[int]
    LIST_VERSION_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    entry_ids: _containers.RepeatedScalarFieldContainer[str]
    list_version: int
    receipt: _access_pb2.Receipt
    def __init__(self, entry_ids: _Optional[_Iterable[str]] = ..., list_version: _Optional[int] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class RemoveEntriesRequest(_message.Message):
    __slots__ = ("access", "hotlist_id", "entry_ids")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    HOTLIST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_IDS_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    hotlist_id: str
    entry_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., hotlist_id: _Optional[str] = ..., entry_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class RemoveEntriesResponse(_message.Message):
    __slots__ = ("list_version", "receipt")
    LIST_VERSION_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    list_version: int
    receipt: _access_pb2.Receipt
    def __init__(self, list_version: _Optional[int] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ListEntriesRequest(_message.Message):
    __slots__ = ("access", "hotlist_id", "plate", "page_size", "page_token")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    HOTLIST_ID_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    hotlist_id: str
    plate: str
    page_size: int
    page_token: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., hotlist_id: _Optional[str] = ..., plate: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListEntriesResponse(_message.Message):
    __slots__ = ("entries", "next_page_token", "receipt")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[HotlistEntry]
    next_page_token: str
    receipt: _access_pb2.Receipt
    def __init__(self, entries: _Optional[_Iterable[_Union[HotlistEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ImportEntriesRequest(_message.Message):
    __slots__ = ("access", "hotlist_id", "replace", "chunk", "size_bytes", "sha256")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    HOTLIST_ID_FIELD_NUMBER: _ClassVar[int]
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    hotlist_id: str
    replace: bool
    chunk: bytes
    size_bytes: int
    sha256: bytes
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., hotlist_id: _Optional[str] = ..., replace: _Optional[bool] = ..., chunk: _Optional[bytes] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class ImportEntriesResponse(_message.Message):
    __slots__ = ("added", "unchanged", "removed", "list_version", "receipt")
    ADDED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    LIST_VERSION_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    added: int
    unchanged: int
    removed: int
    list_version: int
    receipt: _access_pb2.Receipt
    def __init__(self, added: _Optional[int] = ..., unchanged: _Optional[int] = ..., removed: _Optional[int] = ..., list_version: _Optional[int] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...
