"""An order of two persons: to erase what entries say, or to lift a hold."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from services.audit.erasure.errors import OrderClosed, SamePerson


class Kind(StrEnum):
    """What is ordered."""

    ERASE = "erase"
    LIFT = "lift"


class State(StrEnum):
    """How far an order is. Approved: the entry comes next; logged: the deed; stopped: a hold came before it."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    LOGGED = "logged"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Order:
    """An order. epoch: the one of the proposer's tag; entry_id: of the entry that is written before the deed."""

    id: UUID
    kind: Kind
    hold: int | None
    state: State
    epoch: str
    proposer: bytes | None = field(repr=False)
    proposed_index: int
    approved_index: int | None
    entry_id: UUID
    logged_index: int | None
    expires_ms: int
    is_expired: bool
    targets: tuple[int, ...]

    @property
    def is_open(self) -> bool:
        """Whether it waits for the second person, and still may."""
        return self.state is State.PROPOSED and not self.is_expired


def verify_second(order: Order, approver: bytes) -> None:
    """Raises OrderClosed unless the order waits for the second person, and SamePerson when that is the first again."""
    if order.state is not State.PROPOSED:
        raise OrderClosed("the order was approved before")
    if order.is_expired:
        raise OrderClosed("the order was not approved in time: propose it anew")
    if order.proposer is None or approver == order.proposer:
        raise SamePerson("the second approval is another person's")
