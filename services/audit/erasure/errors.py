"""What erasure and holds refuse."""

from services.common.errors import Conflict, Denied, NotFound, Unavailable


class OrderNotFound(NotFound):
    """There is no such order of this kind."""

    reason = "ENTRY_NOT_FOUND"


class HoldNotFound(NotFound):
    """There is no such hold."""

    reason = "ENTRY_NOT_FOUND"


class OrderClosed(Conflict):
    """The order was approved, or its time is over."""

    reason = "ENTRY_CONFLICT"


class HoldLifted(Conflict):
    """The hold does not stand any more."""

    reason = "ENTRY_CONFLICT"


class EntryHeld(Conflict):
    """A hold stops the destruction; the words say which."""

    reason = "ENTRY_CONFLICT"


class RecordKept(Conflict):
    """A record of the log itself: it goes with its epoch only."""

    reason = "ENTRY_CONFLICT"


class SamePerson(Denied):
    """The second approval is another person's."""

    reason = "ROLE_NOT_PERMITTED"


class NotDue(Conflict):
    """The retention of the epoch is not over."""

    reason = "ENTRY_CONFLICT"


class TablesBusy(Unavailable):
    """Others use the tables: a moment later it may work."""

    reason = "STORE_UNAVAILABLE"
