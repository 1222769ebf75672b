"""Raising alerts, and matching again what was matched against an older version of the lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from services.common.database import Database
from services.matching.alert import Hit
from services.matching.store.guard import one_row, transaction

CHANNEL = "matching_alerts"

LOCK_HEAD = "SELECT position, clock_timestamp() FROM matching.alert_head FOR UPDATE"
SELECT_RAISED = """
    SELECT entry_id, read_id FROM matching.alert WHERE (entry_id, read_id) IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))
"""
INSERT_ALERTS = """
    INSERT INTO matching.alert (position, alert_id, entry_id, captured_day, read_id, late)
    SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::uuid[], %s::date[], %s::uuid[], %s::boolean[])
"""
MOVE_HEAD = "UPDATE matching.alert_head SET position = %s"
NOTIFY = "SELECT pg_notify(%s, '')"

# A process that is stopped in the middle of a transaction must not hold up the others.
SELECT_LAST_ADDITION = """
    SELECT last_addition, set_config('idle_in_transaction_session_timeout', '5s', true) FROM matching.hotlist_head
"""
CLAIM_BATCHES = """
    SELECT batch_id FROM matching.batch
    WHERE list_version < %(version)s AND recorded_at > clock_timestamp() - %(horizon)s
    ORDER BY batch_id DESC LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
"""
SELECT_HITS = "SELECT * FROM matching.hits(%s, %s)"
RAISE_BATCHES = "UPDATE matching.batch SET list_version = %s WHERE batch_id = ANY (%s)"
SELECT_STANDING = """
    SELECT alerts.position AS alert_position, lists.version AS list_version, (
        SELECT count(*) FROM (
            SELECT FROM matching.batch
            WHERE list_version < lists.last_addition AND recorded_at > clock_timestamp() - %(horizon)s LIMIT 10000
        ) AS behind
    ) AS batches_behind
    FROM matching.alert_head AS alerts CROSS JOIN matching.hotlist_head AS lists
"""
FORGET_BATCHES = "DELETE FROM matching.batch WHERE recorded_at < clock_timestamp() - %s"


@dataclass(frozen=True, slots=True)
class Swept:
    """How many batches were matched again, and how many alerts that raised."""

    batches: int
    alerts: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far alerts, lists and the sweeper are; batches_behind: 10,000 at most."""

    alert_position: int
    list_version: int
    batches_behind: int


async def raise_alerts(connection: AsyncConnection[TupleRow], hits: Sequence[Hit]) -> int:
    """Raises an alert on each hit that has none, in this transaction. Returns how many.

    Takes the lock that all raisers share and holds it until the commit, so this belongs last in a transaction. Hits that are
    known are sorted out under the lock: a position that is not taken would be a gap that a watcher waits for.
    """
    if not hits:
        return 0
    position, now = await one_row(connection, LOCK_HEAD)
    raised = await connection.execute(SELECT_RAISED, ([hit.entry_id for hit in hits], [hit.read_id for hit in hits]))
    known = set(await raised.fetchall())
    fresh = [hit for hit in sorted(hits, key=_order) if (hit.entry_id, hit.read_id) not in known]
    if fresh:
        await connection.execute(INSERT_ALERTS, _columns(fresh, position, now))
        await connection.execute(MOVE_HEAD, (position + len(fresh),))
        await connection.execute(NOTIFY, (CHANNEL,))
    return len(fresh)


def _order(hit: Hit) -> tuple[datetime, str, str]:
    return hit.captured_at, str(hit.read_id), str(hit.entry_id)


def _columns(hits: Sequence[Hit], position: int, now: datetime) -> tuple[list[object], ...]:
    return (
        list(range(position + 1, position + 1 + len(hits))),
        [hit.alert_id for hit in hits],
        [hit.entry_id for hit in hits],
        [hit.captured_day for hit in hits],
        [hit.read_id for hit in hits],
        [hit.is_late(now) for hit in hits],
    )


class SweepStore:
    """Batches that were recorded against an older version than some entry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sweep(self, horizon: timedelta, limit: int) -> Swept:
        """Matches up to `limit` such batches of the last `horizon` against the entries that came since, newest first.

        A batch and the alerts it raises change in one transaction, so each is done once, whenever this process dies. A batch that
        is committed later with an older version is found by a later sweep.
        """
        async with transaction(self._database) as connection:
            version, _ = await one_row(connection, SELECT_LAST_ADDITION)
            claimed = await connection.execute(CLAIM_BATCHES, {"version": version, "horizon": horizon, "limit": limit})
            batches = [batch for (batch,) in await claimed.fetchall()]
            if not batches:
                return Swept(0, 0)
            async with connection.cursor(row_factory=class_row(Hit)) as rows:
                await rows.execute(SELECT_HITS, (batches, version))
                hits = await rows.fetchall()
            await connection.execute(RAISE_BATCHES, (version, batches))
            return Swept(len(batches), await raise_alerts(connection, hits))

    async def standing(self, horizon: timedelta) -> Standing:
        """How far everything is, batches of the last `horizon` considered."""
        async with (
            transaction(self._database) as connection,
            connection.cursor(row_factory=class_row(Standing)) as rows,
        ):
            await rows.execute(SELECT_STANDING, {"horizon": horizon})
            return (await rows.fetchall())[0]

    async def forget(self, horizon: timedelta) -> None:
        """Drops what is older than the sweeper looks back."""
        async with transaction(self._database) as connection:
            await connection.execute(FORGET_BATCHES, (horizon,))
