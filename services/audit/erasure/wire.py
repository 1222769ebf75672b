"""Protobuf to domain and back, for ErasureService."""

from collections.abc import Sequence
from uuid import UUID

from anpr.audit.v1 import erasure_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.audit import wire
from services.audit.erasure.hold import Criteria, Hold
from services.audit.erasure.order import Order, State
from services.audit.erasure.orders import MAX_TARGETS, Ground
from services.audit.erasure.retention import Fate, Report
from services.audit.erasure.retention_store import Age
from services.audit.errors import WindowInvalid
from services.audit.oversight.wire import decode_reason
from services.common import ids, plate
from services.common.errors import Invalid

MAX_REFERENCE = 128
LAST_INDEX = 2**53 - 1


def decode_targets(request: pb.ProposeErasureRequest) -> tuple[list[int], list[UUID]]:
    """The entries that are to be erased, by index and by id."""
    if not 1 <= len(request.indexes) + len(request.entry_ids) <= MAX_TARGETS:
        raise Invalid(f"an order names 1 to {MAX_TARGETS} entries", field="indexes")
    indexes = [_index(index, "indexes") for index in request.indexes]
    return indexes, [ids.parse(text, "entry_ids") for text in request.entry_ids]


def decode_ground(reference: str, words: str) -> Ground:
    """On what an order rests."""
    return Ground(_reference(reference), decode_reason(words, "ground"))


def decode_order_id(text: str) -> UUID:
    """Id of an order."""
    return ids.parse(text, "order_id")


def decode_criteria(given: pb.HoldCriteria) -> Criteria:
    """What is held. The plate in its normal form, the others as they are in the entries."""
    for name in ("officer", "case_reference"):
        if len(getattr(given, name)) > wire.MAX_TEXT:
            raise Invalid(f"{name} is longer than {wire.MAX_TEXT} characters", field=f"criteria.{name}")
    if given.HasField("first") != given.HasField("last"):
        raise Invalid("a range has a first and a last index", field="criteria.first")
    first, last = (
        (_index(given.first, "criteria.first"), _index(given.last, "criteria.last"))
        if given.HasField("first")
        else (None, None)
    )
    if first is not None and last is not None and first > last:
        raise Invalid("the range is reversed", field="criteria.first")
    from_ms, until_ms = _window(given)
    criteria = Criteria(
        plate=plate.parse(given.plate) if given.plate else "",
        actor=given.officer,
        case_reference=given.case_reference,
        first=first,
        last=last,
        from_ms=from_ms,
        until_ms=until_ms,
    )
    if criteria == Criteria():
        raise Invalid("a hold has at least one criterion", field="criteria")
    return criteria


def encode_order(order: Order) -> pb.Order:
    """An order."""
    is_late = order.state is State.PROPOSED and order.is_expired
    return pb.Order(
        order_id=str(order.id),
        state="ORDER_STATE_EXPIRED" if is_late else f"ORDER_STATE_{order.state.name}",
        indexes=order.targets,
        hold=order.hold or 0,
        proposed_index=order.proposed_index,
        approved_index=order.approved_index or 0,
        logged_index=order.logged_index or 0,
        expires=_timestamp(order.expires_ms),
    )


def encode_hold(hold: Hold) -> pb.Hold:
    """A hold."""
    return pb.Hold(
        number=hold.number,
        criteria=_criteria(hold.criteria) if hold.criteria else None,
        order_reference=hold.reference or "",
        placed_index=hold.placed_index,
        lifted=hold.is_lifted,
    )


def encode_report(report: Report) -> pb.RunRetentionResponse:
    """What a run did."""
    return pb.RunRetentionResponse(epochs=[_epoch(*one) for one in report.epochs], remains=report.remains)


def encode_orders(orders: Sequence[Order]) -> pb.ListOrdersResponse:
    """Orders."""
    return pb.ListOrdersResponse(orders=[encode_order(order) for order in orders])


def encode_holds(holds: Sequence[Hold]) -> pb.ListHoldsResponse:
    """Holds."""
    return pb.ListHoldsResponse(holds=[encode_hold(hold) for hold in holds])


def _epoch(age: Age, fate: Fate) -> pb.RetainedEpoch:
    return pb.RetainedEpoch(
        epoch=age.epoch,
        state=f"EPOCH_STATE_{fate.name}",
        due=_timestamp(age.due_ms) if age.due_ms is not None else None,
        keep=age.keep,
        first=age.first,
        last=age.last,
        hold=age.hold or 0,
    )


def _criteria(criteria: Criteria) -> pb.HoldCriteria:
    found = pb.HoldCriteria(
        plate=criteria.plate,
        officer=criteria.actor,
        case_reference=criteria.case_reference,
        first=criteria.first,
        last=criteria.last,
    )
    if criteria.from_ms is not None and criteria.until_ms is not None:
        getattr(found, "from").CopyFrom(_timestamp(criteria.from_ms))
        found.until.CopyFrom(_timestamp(criteria.until_ms))
    return found


def _window(given: pb.HoldCriteria) -> tuple[int | None, int | None]:
    if not given.HasField("from") and not given.HasField("until"):
        return None, None
    if not given.HasField("from") or not given.HasField("until"):
        raise WindowInvalid("a window has a beginning and an end", field="criteria.from")
    from_ms, until_ms = (_milliseconds(bound) for bound in (getattr(given, "from"), given.until))
    if from_ms >= until_ms:
        raise WindowInvalid("the window is empty or reversed", field="criteria.from")
    return from_ms, until_ms


def _milliseconds(bound: Timestamp) -> int:
    """Rounded up, so that from <= t < until means the same for times in whole milliseconds."""
    if not 0 <= bound.seconds < wire.END_OF_TIME_S or not 0 <= bound.nanos < 1_000_000_000:
        raise WindowInvalid("a bound of the window is no time", field="criteria.from")
    return min(bound.seconds * 1000 - -bound.nanos // 1_000_000, wire.END_OF_TIME_S * 1000 - 1)


def _index(index: int, field: str) -> int:
    if not 0 <= index <= LAST_INDEX:
        raise Invalid(f"{field}: that is no index", field=field)
    return index


def _reference(text: str) -> str:
    said = text.strip()
    if not 1 <= len(said) <= MAX_REFERENCE or not said.isprintable():
        raise Invalid(f"order_reference is 1 to {MAX_REFERENCE} printable characters", field="order_reference")
    return said


def _timestamp(ms: int) -> Timestamp:
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)
