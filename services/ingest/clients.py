"""Recognition and matching, as calls in the words of ingest."""

from collections.abc import Iterable, Iterator, Sequence

import grpc
import structlog
from anpr.common.v1 import plate_pb2
from anpr.matching.v1 import sighting_pb2, sighting_pb2_grpc
from anpr.recognition.v1 import recognition_pb2, recognition_pb2_grpc
from google.protobuf.message import DecodeError

from services.common import caller, refusals, trace
from services.common.errors import Refusal
from services.common.picture import PictureTooLarge, PictureUnreadable
from services.ingest import reads
from services.ingest.errors import (
    EngineBusy,
    EngineFailed,
    MatchingUnavailable,
    ReadsDoubtful,
    ReadsRefused,
    RecognitionUnavailable,
)
from services.ingest.frame import Frame, Result

log = structlog.get_logger()

CALLER = caller.service("ingest").metadata()
MAX_READS = 256  # of one RecordSightings
MAX_BYTES = 4 * 1024 * 1024  # of one RecordSightings; matching takes twice as much
BUSY_DELAY_S = 0.2
# Answers that are, or may be, due to one read of a batch: the rest of the batch must not suffer for it.
OF_THE_READS = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.OUT_OF_RANGE,
    }
)
PERHAPS_OF_THE_READS = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS})


class Recognition:
    """Reads pictures. `region` is written into the reads, `country` is the engine's hint for formats."""

    def __init__(self, to: grpc.aio.Channel, *, region: str, country: str, deadline_s: float = 20.0) -> None:
        self._recognize = recognition_pb2_grpc.RecognitionServiceStub(to).Recognize
        self._region, self._country, self._deadline_s = region, country, deadline_s

    async def read(self, frame: Frame, picture: bytes) -> Result:
        """Reads one frame. Raises PictureUnreadable, PictureTooLarge, EngineFailed, EngineBusy or RecognitionUnavailable."""
        request = recognition_pb2.RecognizeRequest(picture=picture, country_hint=self._country)
        try:
            response = await self._recognize(
                request, timeout=self._deadline_s, metadata=(*CALLER, *trace.metadata()), wait_for_ready=False
            )
        except grpc.aio.AioRpcError as failure:
            raise _recognition_refusal(failure) from failure
        return reads.encode(frame, self._region, response)

    def unreadable(self, frame: Frame, reason: str) -> Result:
        """The result of a frame that will never be read, and why."""
        return reads.encode_unreadable(frame, self._region, reason)


class Matching:
    """Stores reads."""

    def __init__(self, to: grpc.aio.Channel, *, deadline_s: float = 5.0) -> None:
        self._record = sighting_pb2_grpc.SightingServiceStub(to).RecordSightings
        self._deadline_s = deadline_s

    async def record(self, committed: Sequence[bytes]) -> None:
        """Hands the committed reads of frames over; a read that is stored already changes nothing.

        Returns when all of them are stored. Raises ReadsRefused when it may be due to one of them, or MatchingUnavailable.
        """
        for batch in batches(read for content in committed for read in _decode(content)):
            await self._send(batch)

    async def _send(self, batch: Sequence[plate_pb2.Read]) -> None:
        request = sighting_pb2.RecordSightingsRequest(reads=batch)
        try:
            response = await self._record(request, timeout=self._deadline_s, metadata=(*CALLER, *trace.metadata()))
        except grpc.aio.AioRpcError as failure:
            raise _matching_refusal(failure) from failure
        if len(response.sighting_ids) != len(batch):
            log.error("matching.incomplete", sent=len(batch), answered=len(response.sighting_ids))
            raise MatchingUnavailable("matching did not answer for every read")


def batches(reads: Iterable[plate_pb2.Read]) -> Iterator[list[plate_pb2.Read]]:
    """Reads in batches that matching takes. Raises ReadsRefused for one that it can never take."""
    batch: list[plate_pb2.Read] = []
    size_bytes = 0
    for read in reads:
        its_bytes = read.ByteSize()
        if its_bytes > MAX_BYTES:
            raise ReadsRefused("a read is larger than any message", by="MESSAGE_TOO_LARGE")
        if batch and (len(batch) == MAX_READS or size_bytes + its_bytes > MAX_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(read)
        size_bytes += its_bytes
    if batch:
        yield batch


def _decode(content: bytes) -> Sequence[plate_pb2.Read]:
    try:
        return sighting_pb2.RecordSightingsRequest.FromString(content).reads
    except DecodeError as cause:
        raise ReadsRefused("the committed reads cannot be decoded") from cause


def _recognition_refusal(failure: grpc.aio.AioRpcError) -> Refusal:
    reason = refusals.reason(failure)
    match reason:
        case "PICTURE_UNREADABLE":
            return PictureUnreadable("recognition cannot decode the picture")
        case "PICTURE_TOO_LARGE":
            return PictureTooLarge("recognition does not take a picture of this size")
        case "ENGINE_FAILED":
            return EngineFailed("the engine died on this picture")
        case "ENGINE_BUSY":
            delay_s = refusals.retry_delay_s(failure) or BUSY_DELAY_S
            return EngineBusy("all engine workers are busy", retry_delay_s=delay_s)
    log.warning("recognition.failed", code=failure.code().name, reason=reason)
    return RecognitionUnavailable("recognition does not answer")


def _matching_refusal(failure: grpc.aio.AioRpcError) -> Refusal:
    reason = refusals.reason(failure)
    log.warning("matching.failed", code=failure.code().name, reason=reason)
    by = reason or failure.code().name
    if failure.code() in OF_THE_READS:
        return ReadsRefused("matching does not take the reads", by=by)
    if failure.code() in PERHAPS_OF_THE_READS and reason:  # without one, matching was killed, say
        return ReadsDoubtful("matching failed over the reads", by=by)
    return MatchingUnavailable("matching does not answer")
