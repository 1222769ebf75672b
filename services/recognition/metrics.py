"""What recognition measures, beside what every service does."""

from prometheus_client import Counter, Gauge, Histogram

from services.common.metrics import SECONDS

PICTURES = Counter("anpr_recognition_pictures", "Pictures that were looked at to the end.")
PICTURES_REFUSED = Counter("anpr_recognition_pictures_refused", "Pictures that were not, by ErrorReason.", ["reason"])
PLATES = Counter("anpr_recognition_plates", "Plates that were read on them.")
PICTURE_SECONDS = Histogram("anpr_recognition_picture_seconds", "How long a worker took for one.", buckets=SECONDS)
WAITING = Gauge("anpr_recognition_pictures_waiting", "Pictures that wait for a worker.")
WARM_WORKERS = Gauge("anpr_recognition_workers_warm", "Workers that can take a picture or are at one.")
WORKERS_LOST = Counter("anpr_recognition_workers_lost", "Workers that died, hung or never came up.", ["when"])
