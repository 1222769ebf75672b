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

class OrderState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_STATE_UNSPECIFIED: _ClassVar[OrderState]
    ORDER_STATE_PROPOSED: _ClassVar[OrderState]
    ORDER_STATE_EXPIRED: _ClassVar[OrderState]
    ORDER_STATE_APPROVED: _ClassVar[OrderState]
    ORDER_STATE_LOGGED: _ClassVar[OrderState]
    ORDER_STATE_DONE: _ClassVar[OrderState]
    ORDER_STATE_STOPPED: _ClassVar[OrderState]

class EpochState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EPOCH_STATE_UNSPECIFIED: _ClassVar[EpochState]
    EPOCH_STATE_KEPT: _ClassVar[EpochState]
    EPOCH_STATE_HELD: _ClassVar[EpochState]
    EPOCH_STATE_DUE: _ClassVar[EpochState]
    EPOCH_STATE_DESTROYED: _ClassVar[EpochState]
    EPOCH_STATE_BUSY: _ClassVar[EpochState]
ORDER_STATE_UNSPECIFIED: OrderState
ORDER_STATE_PROPOSED: OrderState
ORDER_STATE_EXPIRED: OrderState
ORDER_STATE_APPROVED: OrderState
ORDER_STATE_LOGGED: OrderState
ORDER_STATE_DONE: OrderState
ORDER_STATE_STOPPED: OrderState
EPOCH_STATE_UNSPECIFIED: EpochState
EPOCH_STATE_KEPT: EpochState
EPOCH_STATE_HELD: EpochState
EPOCH_STATE_DUE: EpochState
EPOCH_STATE_DESTROYED: EpochState
EPOCH_STATE_BUSY: EpochState

class Order(_message.Message):
    __slots__ = ("order_id", "state", "indexes", "hold", "proposed_index", "approved_index", "logged_index", "expires")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_INDEX_FIELD_NUMBER: _ClassVar[int]
    APPROVED_INDEX_FIELD_NUMBER: _ClassVar[int]
    LOGGED_INDEX_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    state: OrderState
    indexes: _containers.RepeatedScalarFieldContainer[int]
    hold: int
    proposed_index: int
    approved_index: int
    logged_index: int
    expires: _timestamp_pb2.Timestamp
    def __init__(self, order_id: _Optional[str] = ..., state: _Optional[_Union[OrderState, str]] = ..., indexes: _Optional[_Iterable[int]] = ..., hold: _Optional[int] = ..., proposed_index: _Optional[int] = ..., approved_index: _Optional[int] = ..., logged_index: _Optional[int] = ..., expires: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class HoldCriteria(_message.Message):
    __slots__ = ("plate", "officer", "case_reference", "first", "last", "until")
    PLATE_FIELD_NUMBER: _ClassVar[int]
    OFFICER_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    plate: str
    officer: str
    case_reference: str
    first: int
    last: int
    until: _timestamp_pb2.Timestamp
    def __init__(self, plate: _Optional[str] = ..., officer: _Optional[str] = ..., case_reference: _Optional[str] = ..., first: _Optional[int] = ..., last: _Optional[int] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., **kwargs) -> None: ...

class Hold(_message.Message):
    __slots__ = ("number", "criteria", "order_reference", "placed_index", "lifted")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_FIELD_NUMBER: _ClassVar[int]
    ORDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PLACED_INDEX_FIELD_NUMBER: _ClassVar[int]
    LIFTED_FIELD_NUMBER: _ClassVar[int]
    number: int
    criteria: HoldCriteria
    order_reference: str
    placed_index: int
    lifted: bool
    def __init__(self, number: _Optional[int] = ..., criteria: _Optional[_Union[HoldCriteria, _Mapping]] = ..., order_reference: _Optional[str] = ..., placed_index: _Optional[int] = ..., lifted: _Optional[bool] = ...) -> None: ...

class ProposeErasureRequest(_message.Message):
    __slots__ = ("access", "indexes", "entry_ids", "order_reference", "ground")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    ENTRY_IDS_FIELD_NUMBER: _ClassVar[int]
    ORDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    indexes: _containers.RepeatedScalarFieldContainer[int]
    entry_ids: _containers.RepeatedScalarFieldContainer[str]
    order_reference: str
    ground: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., indexes: _Optional[_Iterable[int]] = ..., entry_ids: _Optional[_Iterable[str]] = ..., order_reference: _Optional[str] = ..., ground: _Optional[str] = ...) -> None: ...

class ProposeErasureResponse(_message.Message):
    __slots__ = ("order", "receipt")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    order: Order
    receipt: _access_pb2.Receipt
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ApproveErasureRequest(_message.Message):
    __slots__ = ("access", "order_id")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    order_id: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., order_id: _Optional[str] = ...) -> None: ...

class ApproveErasureResponse(_message.Message):
    __slots__ = ("order", "receipt")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    order: Order
    receipt: _access_pb2.Receipt
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("access",)
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("orders", "receipt")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[Order]
    receipt: _access_pb2.Receipt
    def __init__(self, orders: _Optional[_Iterable[_Union[Order, _Mapping]]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class PlaceHoldRequest(_message.Message):
    __slots__ = ("access", "criteria", "order_reference", "ground")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_FIELD_NUMBER: _ClassVar[int]
    ORDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    criteria: HoldCriteria
    order_reference: str
    ground: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., criteria: _Optional[_Union[HoldCriteria, _Mapping]] = ..., order_reference: _Optional[str] = ..., ground: _Optional[str] = ...) -> None: ...

class PlaceHoldResponse(_message.Message):
    __slots__ = ("hold", "receipt")
    HOLD_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    hold: Hold
    receipt: _access_pb2.Receipt
    def __init__(self, hold: _Optional[_Union[Hold, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ProposeLiftRequest(_message.Message):
    __slots__ = ("access", "hold", "order_reference", "ground")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    ORDER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    hold: int
    order_reference: str
    ground: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., hold: _Optional[int] = ..., order_reference: _Optional[str] = ..., ground: _Optional[str] = ...) -> None: ...

class ProposeLiftResponse(_message.Message):
    __slots__ = ("order", "receipt")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    order: Order
    receipt: _access_pb2.Receipt
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ApproveLiftRequest(_message.Message):
    __slots__ = ("access", "order_id")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    order_id: str
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., order_id: _Optional[str] = ...) -> None: ...

class ApproveLiftResponse(_message.Message):
    __slots__ = ("order", "receipt")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    order: Order
    receipt: _access_pb2.Receipt
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class ListHoldsRequest(_message.Message):
    __slots__ = ("access", "only_standing")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    ONLY_STANDING_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    only_standing: bool
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., only_standing: _Optional[bool] = ...) -> None: ...

class ListHoldsResponse(_message.Message):
    __slots__ = ("holds", "receipt")
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    holds: _containers.RepeatedCompositeFieldContainer[Hold]
    receipt: _access_pb2.Receipt
    def __init__(self, holds: _Optional[_Iterable[_Union[Hold, _Mapping]]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class RunRetentionRequest(_message.Message):
    __slots__ = ("access", "dry_run")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    access: _access_pb2.AccessContext
    dry_run: bool
    def __init__(self, access: _Optional[_Union[_access_pb2.AccessContext, _Mapping]] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class RunRetentionResponse(_message.Message):
    __slots__ = ("epochs", "remains", "receipt")
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    REMAINS_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    epochs: _containers.RepeatedCompositeFieldContainer[RetainedEpoch]
    remains: _containers.RepeatedScalarFieldContainer[str]
    receipt: _access_pb2.Receipt
    def __init__(self, epochs: _Optional[_Iterable[_Union[RetainedEpoch, _Mapping]]] = ..., remains: _Optional[_Iterable[str]] = ..., receipt: _Optional[_Union[_access_pb2.Receipt, _Mapping]] = ...) -> None: ...

class RetainedEpoch(_message.Message):
    __slots__ = ("epoch", "state", "due", "keep", "first", "last", "hold")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DUE_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    epoch: str
    state: EpochState
    due: _timestamp_pb2.Timestamp
    keep: str
    first: int
    last: int
    hold: int
    def __init__(self, epoch: _Optional[str] = ..., state: _Optional[_Union[EpochState, str]] = ..., due: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., keep: _Optional[str] = ..., first: _Optional[int] = ..., last: _Optional[int] = ..., hold: _Optional[int] = ...) -> None: ...
