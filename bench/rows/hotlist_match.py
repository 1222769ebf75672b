"""Matching reads against hotlists as the recorder does it, against rapidfuzz over the same list.

Not the same work: ours finds equal plates only, by an index; rapidfuzz finds those within one edit, by looking at every entry.
Near matching is not built yet, and its target is for 10 million entries.
"""

import json
import random
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from psycopg import AsyncConnection

from bench import peer
from bench.measure import Side, Tally, interleaved, per_second
from bench.row import Later, Row, series
from bench.rows.reads import invent_plate
from bench.stand import Stand
from services.common import database, ids
from services.matching.hotlist import Hotlist, NewEntry
from services.matching.store import hotlists
from services.matching.store.hotlists import HotlistStore
from services.matching.store.sightings import SELECT_HITS

WRITER, ZONE, HOTLIST = "matching_writer", "local", "bench"
ENTRIES, BATCH, ROUNDS = 100_000, 256, 5
OUR_BATCHES, PEER_BATCHES = 100, 2
SHARE_LISTED = 0.01
OURS, PEER = "matching, equal plates (SQL)", "rapidfuzz, one edit, 1 core"

# What the recorder stages, as far as matching looks at it.
STAGE = """
CREATE TEMPORARY TABLE staging (captured_day date, read_id uuid, captured_at timestamptz, backfill boolean, plate text, zone text)
"""
FILL = """
INSERT INTO pg_temp.staging SELECT current_date, read_id, clock_timestamp(), false, plate, %s
FROM unnest(%s::uuid[], %s::text[]) AS given (read_id, plate)
"""


async def bench(stand: Stand) -> list[Row]:
    """Needs no service: this process matches."""
    await stand.only()
    listed = list({invent_plate() for _ in range(ENTRIES + ENTRIES // 50)})[:ENTRIES]
    instance, password = stand.instance, stand.instance.password(WRITER)
    async with (
        peer.running("list_matcher") as rapidfuzz,
        await AsyncConnection.connect(instance.conninfo(WRITER), password=password, autocommit=True) as connection,
    ):
        await rapidfuzz.ask("\n".join(listed).encode())
        version = await _list(stand, listed)
        await connection.execute(STAGE)
        sides = (
            Side(OURS, Matching(connection, listed, version).run, stand.pids("postgres-services")),
            Side(PEER, Scanning(rapidfuzz, listed).run, (rapidfuzz.pid,)),
        )
        ours, theirs = await interleaved(sides, rounds=ROUNDS)
    note = "not the same work: near matching is not built yet, ours finds equal plates only; the target is for 10 million entries"
    what = f"match against {ENTRIES:,} entries"
    return [Row(what, "reads/s", series(OURS, ours), series(PEER, theirs), target=Later("later"), note=note)]


class Matching:
    """Batches of reads that are staged already; only the matching is counted."""

    def __init__(self, connection: AsyncConnection, listed: Sequence[str], version: int) -> None:
        self._connection, self._listed, self._version = connection, listed, version

    async def run(self) -> Tally:
        reads = [ids.uuid7() for _ in range(BATCH)]
        plates = _plates(self._listed)
        await self._connection.execute("TRUNCATE pg_temp.staging")
        await self._connection.execute(FILL, (ZONE, reads, plates))
        scope = {"reads": reads, "version": self._version}
        began = time.perf_counter()
        for _ in range(OUR_BATCHES):
            hits = await (await self._connection.execute(SELECT_HITS, scope)).fetchall()
        _verify(len(hits), plates, self._listed)
        return per_second(OUR_BATCHES * BATCH, began)


class Scanning:
    """The same by the peer."""

    def __init__(self, rapidfuzz: peer.Peer, listed: Sequence[str]) -> None:
        self._rapidfuzz, self._listed = rapidfuzz, listed

    async def run(self) -> Tally:
        plates = _plates(self._listed)
        request = "\n".join(plates).encode()
        began = time.perf_counter()
        for _ in range(PEER_BATCHES):
            answer = json.loads(await self._rapidfuzz.ask(request))
        _verify(answer["hits"], plates, self._listed)
        return per_second(PEER_BATCHES * BATCH, began)


def _plates(listed: Sequence[str]) -> list[str]:
    return [random.choice(listed) if random.random() < SHARE_LISTED else invent_plate() for _ in range(BATCH)]


def _verify(hits: int, plates: Sequence[str], listed: Sequence[str]) -> None:
    """Who finds fewer than there are has not done the work."""
    on_list = frozenset(listed)
    if hits < sum(plate in on_list for plate in plates):
        raise AssertionError("a side did not find what is on the list")


async def _list(stand: Stand, plates: Sequence[str]) -> int:
    """Brings the plates in as an import does; returns the version they are matched from."""
    until = datetime.now(UTC) + timedelta(days=30)
    rows = [(line, NewEntry(plate, None, until, "", "")) for line, plate in enumerate(plates, start=1)]

    async def chunks() -> AsyncIterator[Sequence[hotlists.Row]]:
        yield rows

    hotlist = Hotlist(HOTLIST, ZONE, "bench", "stolen", 5, "unit-1", "manual", "technical_database", None)
    async with database.connect(stand.instance.conninfo(WRITER), stand.instance.password(WRITER)) as writer:
        store = HotlistStore(writer)
        await store.create(hotlist)
        imported = await store.bring_in(ZONE, HOTLIST, chunks(), replace=False)
    return imported.list_version
