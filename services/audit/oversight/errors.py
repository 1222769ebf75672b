"""What oversight refuses."""

from services.common.errors import Conflict, Denied, Invalid, NotFound, Unavailable


class FlagNotFound(NotFound):
    """There is no such flag, or the caller may not see it: both look alike."""

    reason = "ENTRY_NOT_FOUND"


class SampleNotFound(NotFound):
    """There is no such sample, or the caller may not see it."""

    reason = "ENTRY_NOT_FOUND"


class AlreadyDecided(Conflict):
    """The flag has this state or another than the reviewer saw, or the look-up was justified."""

    reason = "ENTRY_CONFLICT"


class NotOneself(Denied):
    """Nobody decides about himself."""

    reason = "ROLE_NOT_PERMITTED"


class UnitMissing(Denied):
    """A supervisor without a unit has nothing to see."""

    reason = "ROLE_NOT_PERMITTED"


class CsvInvalid(Invalid):
    """The file cannot be imported; the words name lines, never what is in them."""

    reason = "CSV_INVALID"


class FileAltered(Invalid):
    """The file does not have the SHA-256 that was given."""

    reason = "UPLOAD_ALTERED"


class MonthInvalid(Invalid):
    """The window is not of whole months that are over."""

    reason = "WINDOW_INVALID"


class PageTokenInvalid(Invalid):
    """The token was not made for this list."""

    reason = "PAGE_TOKEN_INVALID"


class NoSeedYet(NotFound):
    """No head was published yet that a witness cosigned after the week."""

    reason = "SIZE_NOT_SIGNED"


class OversightFails(Unavailable):
    """The rules met a fault; the log is not concerned."""

    reason = "SERVICE_UNAVAILABLE"
