"""Reading sightings, as the role that may only call the functions of the migrations."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from psycopg.rows import dict_row

from services.common.database import Database
from services.matching.alert import LATE_AFTER, Alert, Batch
from services.matching.hotlist import Entry, Hotlist, NewEntry
from services.matching.query import AlertQuery, Ground, Page, Place, PlateQuery
from services.matching.sighting import Image, Read, Sighting
from services.matching.store.guard import transaction

LOOKUP_PLATE = """
    SELECT * FROM matching.lookup_plate(
        %(intent)s, %(request)s, %(zone)s, %(purpose)s, %(decision)s::uuid,
        %(plate)s, %(from)s, %(until)s, %(cameras)s::text[], %(limit)s, %(before)s::timestamptz, %(before_read)s::uuid
    )
"""
VERIFY_PURPOSE = "SELECT matching.verify_purpose(%s)"
ALERT_POSITION = "SELECT matching.alert_position() AS position"
# What was raised in time and is delivered late, after an outage say, is late all the same.
ALERTS_BETWEEN = """
    SELECT (sighting).*,
        (alert).alert_id, (alert).position, (alert).raised_at,
        (alert).late OR (sighting).captured_at < clock_timestamp() - %(late_after)s AS late,
        (hotlist).hotlist_id, (hotlist).name, (hotlist).category, (hotlist).priority, (hotlist).owner, (hotlist).source,
        (hotlist).legal_ground, (hotlist).review_at,
        (entry).entry_id, (entry).plate AS entry_plate, (entry).valid_from, (entry).valid_until, (entry).note,
        (entry).source_reference, (entry).added_version
    FROM matching.alerts_between(
        %(intent)s, %(request)s, %(zone)s, %(purpose)s, %(after)s, %(until)s, %(hotlists)s::text[], %(lowest)s, %(limit)s
    )
"""

READ_FIELDS = tuple(field.name for field in fields(Read))
HOTLIST_FIELDS = tuple(field.name for field in fields(Hotlist))
ALERTS_A_BATCH = 100

Row = Mapping[str, Any]


class LookupStore:
    """Sightings and alerts for people. Each page and each batch leaves a row in the query ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plate(self, ground: Ground, query: PlateQuery, limit: int, after: Place | None) -> Page:
        """Raises DecisionRequired, DecisionNotCovering or PurposeTooOld when the ground does not carry the query."""
        scope = {
            **_scope(ground),
            "decision": ground.decision_id,
            "plate": query.plate,
            "from": query.window.begin,
            "until": query.window.end,
            "cameras": list(query.cameras),
            "limit": limit,
            "before": after.captured_at if after else None,
            "before_read": after.read_id if after else None,
        }
        async with transaction(self._database) as connection, connection.cursor(row_factory=dict_row) as rows:
            await rows.execute(LOOKUP_PLATE, scope)
            found = [_sighting(row) for row in await rows.fetchall()]
        last = found[limit - 1].read if len(found) > limit else None
        return Page(tuple(found[:limit]), Place(last.captured_at, last.read_id) if last else None)

    async def verify_purpose(self, ground: Ground) -> None:
        """Raises PurposeTooOld when this purpose never reaches sightings."""
        async with transaction(self._database) as connection:
            await connection.execute(VERIFY_PURPOSE, (ground.purpose,))

    async def alert_position(self) -> int:
        """The position of the last alert, whatever its zone."""
        async with transaction(self._database) as connection:
            row = await (await connection.execute(ALERT_POSITION)).fetchone()
        if row is None:
            raise LookupError("the head row is missing")
        return int(row[0])

    async def alerts(self, ground: Ground, query: AlertQuery, after: int) -> Batch:
        """The next alerts after a position, at most 100.

        Positions are given under a lock that is held until the commit, so who sees one sees all before it: nothing that commits
        later can have a position up to the head that is read first.
        """
        async with transaction(self._database) as connection, connection.cursor(row_factory=dict_row) as rows:
            await rows.execute(ALERT_POSITION)
            head = (await rows.fetchall())[0]["position"]
            if head <= after:
                return Batch((), after, is_last=True)
            scope = {
                **_scope(ground),
                "after": after,
                "until": head,
                "hotlists": list(query.hotlists),
                "lowest": query.lowest_priority,
                "limit": ALERTS_A_BATCH,
                "late_after": LATE_AFTER,
            }
            await rows.execute(ALERTS_BETWEEN, scope)
            alerts = tuple(_alert(row) for row in await rows.fetchall())
        is_last = len(alerts) < ALERTS_A_BATCH
        return Batch(alerts, head if is_last else alerts[-1].position, is_last=is_last)


def _scope(ground: Ground) -> dict[str, object]:
    return {
        "intent": ground.intent_id,
        "request": ground.request_id,
        "zone": ground.zone,
        "purpose": ground.purpose,
    }


def _sighting(row: Row) -> Sighting:
    values = {name: _value(row[name]) for name in READ_FIELDS}
    values["images"] = tuple(Image(**image) for image in row["images"])
    return Sighting(row["sighting_id"], row["version"], Read(**values), row["list_version"], row["recorded_at"])


def _value(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _alert(row: Row) -> Alert:
    content = (row["entry_plate"], row["valid_from"], row["valid_until"], row["note"], row["source_reference"])
    return Alert(
        alert_id=row["alert_id"],
        position=row["position"],
        raised_at=row["raised_at"],
        late=row["late"],
        hotlist=Hotlist(**{name: row[name] for name in HOTLIST_FIELDS}),
        entry=Entry(row["entry_id"], NewEntry(*content), row["added_version"]),
        sighting=_sighting(row),
    )
