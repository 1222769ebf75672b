"""What an order is about to do, as the log itself says: rows of the database alone, which more hands reach, order nothing.

What must hold before anything is destroyed or let go:
1. The entry of the proposal is one, and that of the approval is one of this order and this proposal.
2. They are of two persons.
3. The proposal names exactly what the order is about: the same entries, or the same hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.audit import jcs
from services.audit.entry import Content
from services.audit.erasure import record
from services.audit.erasure.order import Kind, Order
from services.audit.errors import EntryErased, LogAltered
from services.audit.jcs import Value
from services.audit.review import Opened


def content(order: Order, ids: Sequence[str], proposal: Opened, approval: Opened) -> Content:
    """What the entry before the deed says; the same at every try. ids: of the order's entries, in the order of their indexes.

    Raises LogAltered when the rows say another thing than the log, and EntryErased when its entries cannot be read any more.
    """
    if proposal.content is None or approval.content is None:
        raise EntryErased("the proposal of this order cannot be read any more")
    asked, agreed = _said(proposal), _said(approval)
    holds = (
        asked.get("step") == "propose"
        and agreed == {"order": str(order.id), "proposal": order.proposed_index, "step": "approve"}  # 1
        and record.bare(proposal.content.actor) != record.bare(approval.content.actor)  # 2
        and (list(ids) == asked.get("entries") if order.kind is Kind.ERASE else order.hold == asked.get("hold"))  # 3
    )
    if not holds:
        raise LogAltered("an order is not the one that the log tells of", index=order.proposed_index)
    step = {"approval": approval.index, "proposal": proposal.index, "step": order.kind.value}
    query = jcs.encode({**asked, **step}).decode()
    return replace(approval.content, query=query, reason=proposal.content.reason, result_count=len(ids))


def _said(opened: Opened) -> Mapping[str, Value]:
    """The query of an entry of erasure; nothing when it is no such entry."""
    if opened.content is None or (opened.leaf.kind, opened.leaf.system) != (record.ERASURE, record.SYSTEM):
        return {}
    return jcs.decode_object(opened.content.query.encode())
