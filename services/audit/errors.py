"""What the log refuses, and what it stops at."""

from services.common.errors import Altered, Conflict, Invalid, NotFound, TooMuch, Unavailable


class EntryNotFound(NotFound):
    """No entry has this index."""

    reason = "ENTRY_NOT_FOUND"


class EntryErased(NotFound):
    """The entry is in the log; what it said was erased."""

    reason = "ENTRY_ERASED"


class SizeNotSigned(NotFound):
    """The log has no signed head of this size."""

    reason = "SIZE_NOT_SIGNED"


class EntryConflict(Conflict):
    """The id was used for another content."""

    reason = "ENTRY_CONFLICT"


class LogFull(TooMuch):
    """Too many entries wait to be written."""

    reason = "LOG_FULL"


class LogBehind(Unavailable):
    """Entries have waited too long for a signed head."""

    reason = "LOG_BEHIND"


class PageTokenInvalid(Invalid):
    """The token was not made for this search."""

    reason = "PAGE_TOKEN_INVALID"


class WindowInvalid(Invalid):
    """The window is empty or reversed."""

    reason = "WINDOW_INVALID"


class LogAltered(Altered):
    """What is stored does not fit the leaves or the signed heads."""

    reason = "LOG_ALTERED"


class LogBroken(Exception):
    """The log cannot be continued: rows are missing, the tree does not fit its signed head, or another has moved the head.

    No refusal: the process must end, and somebody must look.
    """
