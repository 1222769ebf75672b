"""Alerts on their way out, and what a watcher asks for."""

from anpr.matching.v1 import alert_pb2 as pb

from services.common.errors import Invalid
from services.matching.alert import Alert
from services.matching.hotlist import MAX_HOTLISTS, verify_id
from services.matching.query import AlertQuery
from services.matching.wire import hotlists, shape, sightings

LOWEST_PRIORITY = 100


def decode_watch(request: pb.WatchAlertsRequest) -> AlertQuery:
    """A lowest priority of 0 means all."""
    if not 0 <= request.lowest_priority <= LOWEST_PRIORITY:
        raise Invalid("lowest_priority is between 0 and 100", field="lowest_priority")
    if len(request.hotlist_ids) > MAX_HOTLISTS:
        raise Invalid(f"at most {MAX_HOTLISTS} hotlists can be named", field="hotlist_ids")
    for hotlist in request.hotlist_ids:
        verify_id(hotlist)
    return AlertQuery(tuple(sorted(set(request.hotlist_ids))), request.lowest_priority or LOWEST_PRIORITY)


def encode_batch(alerts: tuple[Alert, ...], resume_token: str) -> pb.WatchAlertsResponse:
    return pb.WatchAlertsResponse(alerts=[encode_alert(alert) for alert in alerts], resume_token=resume_token)


def encode_alert(alert: Alert) -> pb.Alert:
    return pb.Alert(
        alert_id=str(alert.alert_id),
        position=alert.position,
        raised_at=shape.encode_time(alert.raised_at),
        sighting=sightings.encode_sighting(alert.sighting),
        hotlist=hotlists.encode_hotlist(alert.hotlist),
        entry=hotlists.encode_entry(alert.entry),
        late=alert.late,
    )
