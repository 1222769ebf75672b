"""What ingest measures, beside what every service does."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from prometheus_client import Counter, Gauge, Histogram

from services.common import ids
from services.common.errors import Refusal
from services.common.metrics import SECONDS

AGES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0)

FRAMES = Counter("anpr_ingest_frames_acknowledged", "Frames that were acknowledged.", ["again"])
FRAMES_REFUSED = Counter("anpr_ingest_frames_refused", "Frames that were refused, by ErrorReason.", ["reason"])
FRAME_BYTES = Counter("anpr_ingest_picture_bytes", "Bytes of the pictures that were acknowledged as new.")
FRAME_SECONDS = Histogram("anpr_ingest_frame_seconds", "From the gate to the acknowledgement.", buckets=SECONDS)
BACKLOG = Gauge("anpr_ingest_backlog_frames", "Acknowledged frames in this state, of all replicas.", ["state"])
OVERDUE = Gauge("anpr_ingest_backlog_overdue_seconds", "How long the frame that is due longest has been.", ["state"])
LEAVING = Gauge("anpr_ingest_backlog_leaving_per_second", "Frames that leave the backlog each second, of all replicas.")
ATTEMPTS = Counter("anpr_ingest_attempts", "Attempts to bring a frame through a stage.", ["stage", "outcome"])
ATTEMPT_SECONDS = Histogram("anpr_ingest_attempt_seconds", "How long an attempt took.", ["stage"], buckets=SECONDS)
FRAME_AGE = Histogram(
    "anpr_ingest_frame_age_seconds", "How long ago a frame came when it had passed the stage.", ["stage"], buckets=AGES
)


def passed(stage: str, frame_ids: Iterable[UUID], outcome: str = "done") -> None:
    """Frames have passed a stage."""
    now = time.time()
    for frame_id in frame_ids:
        ATTEMPTS.labels(stage, outcome).inc()
        FRAME_AGE.labels(stage).observe(max(0.0, now - ids.made_at_s(frame_id)))


@contextmanager
def refusals() -> Iterator[None]:
    """Counts the refusal of a frame."""
    try:
        yield
    except Refusal as refusal:
        FRAMES_REFUSED.labels(refusal.reason).inc()
        raise


def acknowledged(size_bytes: int, seconds: float, *, again: bool) -> None:
    """A frame was acknowledged; `again`: it had been before."""
    FRAMES.labels("yes" if again else "no").inc()
    FRAME_SECONDS.observe(seconds)
    if not again:
        FRAME_BYTES.inc(size_bytes)
