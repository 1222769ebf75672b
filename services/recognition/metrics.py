"""What recognition measures, beside what every service does."""

from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

from services.common.metrics import SECONDS

PICTURES = Counter("anpr_recognition_pictures", "Pictures that were looked at to the end.")
PICTURES_REFUSED = Counter("anpr_recognition_pictures_refused", "Pictures that were not, by ErrorReason.", ["reason"])
PLATES = Counter("anpr_recognition_plates", "Plates that were read on them.")
PICTURE_SECONDS = Histogram("anpr_recognition_picture_seconds", "How long a worker took for one.", buckets=SECONDS)
WAITING = Gauge("anpr_recognition_pictures_waiting", "Pictures that wait for a worker.")
WARM_WORKERS = Gauge("anpr_recognition_workers_warm", "Workers that can take a picture or are at one.")
WORKERS_LOST = Counter("anpr_recognition_workers_lost", "Workers that died, hung or never came up.", ["when"])
MODELS_REFUSED = Gauge(
    "anpr_recognition_models_refused", "1 while the model files cannot be used and those before still run."
)
MODELS_REPLACED = Counter("anpr_recognition_models_replaced", "Times that new model files took over.")
SECOND_OPINIONS = Counter(
    "anpr_recognition_second_opinions", "Reads that the second reader was asked about.", ["outcome"]
)
SECOND_SECONDS = Histogram(
    "anpr_recognition_second_seconds", "How long the second reader took for a line.", buckets=SECONDS
)
SECOND_WAITING = Gauge("anpr_recognition_second_waiting", "Lines that wait for the second reader.")
SECOND_WARM = Gauge("anpr_recognition_second_warm", "Second readers that can take a line or are at one.")
SECOND_LOST = Counter("anpr_recognition_second_lost", "Second readers that died, hung or never came up.", ["when"])


@dataclass(frozen=True, slots=True)
class PoolMetrics:
    """What one pool of workers measures."""

    seconds: Histogram
    waiting: Gauge
    warm: Gauge
    lost: Counter


FIRST_READERS = PoolMetrics(PICTURE_SECONDS, WAITING, WARM_WORKERS, WORKERS_LOST)
SECOND_READERS = PoolMetrics(SECOND_SECONDS, SECOND_WAITING, SECOND_WARM, SECOND_LOST)
