"""What ingest refuses."""

from services.common.errors import Altered, Conflict, Denied, Invalid, NotFound, TooMuch, Unavailable


class CameraUnknown(NotFound):
    """The camera is not registered, or is disabled."""

    reason = "CAMERA_UNKNOWN"


class ZoneForeign(Denied):
    """The camera belongs to another zone than the caller."""

    reason = "ZONE_FOREIGN"


class CameraClockWrong(Invalid):
    """The capture time cannot be true."""

    reason = "CAMERA_CLOCK_WRONG"


class PageTokenInvalid(Invalid):
    """The page token is not one of ours."""

    reason = "PAGE_TOKEN_INVALID"


class SequenceReused(Conflict):
    """The camera used this sequence for other bytes."""

    reason = "SEQUENCE_REUSED"


class Overloaded(TooMuch):
    """As many frames are in hand as this process takes at once."""

    reason = "OVERLOADED"


class EvidenceAltered(Altered):
    """What the object store gives is not what was stored, or is gone."""

    reason = "EVIDENCE_ALTERED"


class KekMissing(Unavailable):
    """A frame's key is wrapped under a key-encryption key that this process was not given."""

    reason = "STORE_UNAVAILABLE"


class EngineFailed(Unavailable):
    """The engine died on this picture."""

    reason = "ENGINE_FAILED"


class EngineBusy(TooMuch):
    """All engine workers are busy."""

    reason = "ENGINE_BUSY"


class RecognitionUnavailable(Unavailable):
    """Recognition does not answer, or not as agreed."""

    reason = "SERVICE_UNAVAILABLE"


class MatchingUnavailable(Unavailable):
    """Matching does not answer, or not as agreed."""

    reason = "SERVICE_UNAVAILABLE"


class ReadsRefused(Invalid):
    """Matching will not store these reads as they are. The fact `by` is the reason it gave."""

    reason = "FIELD_INVALID"


class ReadsDoubtful(ReadsRefused):
    """Matching failed, perhaps over these reads."""
