"""What matching measures, beside what every service does. Watchers are anpr_rpc_streams_open of WatchAlerts."""

from prometheus_client import Counter, Gauge, Histogram

from services.common.metrics import SIZES

RECORDED = Counter("anpr_matching_sightings_recorded", "Reads that were recorded as new.")
REPEATED = Counter("anpr_matching_sightings_repeated", "Reads that had been recorded before.")
BATCH_SIZE = Histogram("anpr_matching_batch_reads", "Reads of one RecordSightings.", buckets=SIZES)
ALERTS = Counter(
    "anpr_matching_alerts_raised", "Alerts, raised as the read was recorded or by the sweeper later.", ["by"]
)
ALERT_POSITION = Gauge("anpr_matching_alert_position", "Position of the newest alert.")
LIST_VERSION = Gauge("anpr_matching_list_version", "Version of all hotlists together.")
SWEEP_BEHIND = Gauge("anpr_matching_sweep_behind_batches", "Batches that are still to be matched again, up to 10,000.")
