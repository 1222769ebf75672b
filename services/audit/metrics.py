"""What audit measures, beside what every service does."""

from prometheus_client import Counter, Gauge, Histogram

from services.common.metrics import SECONDS, SIZES

APPENDED = Counter("anpr_audit_entries_appended", "Entries that were made durable and had not been before.")
WAITING = Gauge("anpr_audit_entries_waiting", "Entries that wait to be written, or are being written.")
BATCH_SIZE = Histogram("anpr_audit_batch_entries", "New entries of one turn of the writer.", buckets=(0, *SIZES))
TURN_SECONDS = Histogram(
    "anpr_audit_turn_seconds", "How long a turn of the writer took, failed ones included.", buckets=SECONDS
)
TURNS_FAILED = Counter("anpr_audit_turns_failed", "Turns that the database did not confirm.")
SIZE = Gauge("anpr_audit_log_size", "Entries in the log.")
SIGNED_SIZE = Gauge("anpr_audit_signed_size", "Entries under the newest signed head.")
BEHIND_SECONDS = Gauge(
    "anpr_audit_signing_behind_seconds", "How long the oldest entry waits that is under no signed head."
)
PUBLISHED_BEHIND = Gauge("anpr_audit_unpublished_entries", "Entries under the newest signed head and no published one.")
WITNESSED = Gauge("anpr_audit_witnessed", "1 when the newest published head has the line of this witness.", ["witness"])
PUBLISHED_BEHIND_SECONDS = Gauge(
    "anpr_audit_publishing_behind_seconds", "How long the oldest entry waits that is under no published head."
)
UNWITNESSED_SECONDS = Gauge(
    "anpr_audit_unwitnessed_seconds", "How long the oldest entry waits that is under no head that a witness cosigned."
)
FLAGS = Counter("anpr_audit_flags_raised", "Flags that the rules raised on look-ups.")
