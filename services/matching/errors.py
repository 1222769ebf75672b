"""What matching refuses."""

from services.common.errors import Conflict, Denied, Invalid, NotFound, TooMuch


class WindowInvalid(Invalid):
    """The window is empty, reversed or too wide."""

    reason = "WINDOW_INVALID"


class PageTokenInvalid(Invalid):
    """A page token was not made for this request."""

    reason = "PAGE_TOKEN_INVALID"


class ResumeTokenInvalid(Invalid):
    """A resume token was not made by this region."""

    reason = "RESUME_TOKEN_INVALID"


class CsvInvalid(Invalid):
    """The file cannot be imported; the words name lines, never what is in them."""

    reason = "CSV_INVALID"


class UploadAltered(Invalid):
    """What came is not what the first message declares."""

    reason = "UPLOAD_ALTERED"


class UploadIncomplete(Invalid):
    """Less came than the first message declares: the upload was broken off, or something of it is missing."""

    reason = "UPLOAD_INCOMPLETE"


class ReadConflict(Conflict):
    """The read id was used for another content."""

    reason = "READ_CONFLICT"


class HotlistExists(Conflict):
    """The zone has a hotlist of this id."""

    reason = "HOTLIST_EXISTS"


class EntryExists(Conflict):
    """The entry id is taken, or the plate is on the list already."""

    reason = "ENTRY_EXISTS"


class HotlistNotFound(NotFound):
    """The zone has no hotlist of this id."""

    reason = "HOTLIST_NOT_FOUND"


class EntryNotFound(NotFound):
    """The list has no such entry, or it was taken off."""

    reason = "ENTRY_NOT_FOUND"


class ZoneForeign(Denied):
    """The caller acts for no zone, or for another one."""

    reason = "ZONE_FOREIGN"


class DecisionRequired(Denied):
    """Data older than 30 days needs a decision of the prosecutor."""

    reason = "DECISION_REQUIRED"


class DecisionNotCovering(Denied):
    """The decision does not cover plate, window, cameras or date."""

    reason = "DECISION_NOT_COVERING"


class PurposeTooOld(Denied):
    """The purpose never reaches data of this age."""

    reason = "PURPOSE_TOO_OLD"


class TooManyHotlists(TooMuch):
    """The zone has as many hotlists as one message holds; waiting does not help, and neither does asking again soon."""

    reason = "OVERLOADED"

    def __init__(self, words: str) -> None:
        super().__init__(words, retry_delay_s=3600.0)
