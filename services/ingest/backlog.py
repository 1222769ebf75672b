"""SQL of the frames that are still to be handed over.

A frame goes from `waiting` through `read` to `done`. Work on it is claimed: the claim names the process and runs out unless it
is renewed, so what a killed process held is free again. Running out takes nothing away but time: whoever is late can neither
commit a second reading (the first one stays) nor disturb the claim of another (each change of a claim names its own).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from psycopg.rows import DictRow

from services.common.database import Database
from services.ingest.claims import CLAIM_READ, CLAIM_WAITING, Claimant, Claims
from services.ingest.frame import Capture, Deposit, Direction, Frame, Picture, Result
from services.ingest.store import location

RENEW = """
UPDATE ingest.frame SET claimed_until = now() + %(lease)s WHERE frame_id = ANY(%(frame_ids)s) AND claimed_by = %(worker)s
"""
RELEASE = """
UPDATE ingest.frame SET claimed_by = NULL, claimed_until = NULL
WHERE frame_id = ANY(%(frame_ids)s) AND claimed_by = %(worker)s
"""
POSTPONE = """
UPDATE ingest.frame SET claimed_by = NULL, claimed_until = NULL, next_attempt_at = now() + %(delay)s, faults = faults + %(faults)s
WHERE frame_id = %(frame_id)s AND claimed_by = %(worker)s AND attempts = %(attempts)s
"""
INSERT_RESULT = """
INSERT INTO ingest.frame_result (frame_id, reads, read_count, reason, engine, engine_version, model_sha256)
VALUES (%(frame_id)s, %(reads)s, %(read_count)s, %(reason)s, %(engine)s, %(engine_version)s, %(model_sha256)s)
ON CONFLICT (frame_id) DO NOTHING
"""
MARK_READ = """
UPDATE ingest.frame SET state = 'read', claimed_by = NULL, claimed_until = NULL, attempts = 0, next_attempt_at = now()
WHERE frame_id = %(frame_id)s AND state = 'waiting'
"""
MARK_DONE = """
UPDATE ingest.frame SET state = 'done', claimed_by = NULL, claimed_until = NULL, done_at = now()
WHERE frame_id = ANY(%(frame_ids)s) AND state = 'read'
"""
UPSERT_SET_ASIDE = """
INSERT INTO ingest.set_aside AS kept (frame_id, reason) VALUES (%(frame_id)s, %(reason)s)
ON CONFLICT (frame_id) DO UPDATE SET reason = excluded.reason, refusals = kept.refusals + 1, last_at = now()
RETURNING refusals
"""
BRING_BACK = """
UPDATE ingest.frame SET next_attempt_at = now() FROM ingest.set_aside
WHERE set_aside.frame_id = frame.frame_id AND frame.state = 'read' AND frame.next_attempt_at > now()
"""
# Counted by the partial indexes, never by the table: after an outage the statistics may say that most frames wait.
# What is set aside takes nobody's place: else a fault in matching, or a camera with odd reads, would end the intake for good.
BY_INDEX = "SELECT set_config('enable_seqscan', 'off', true)"
COUNT = """
SELECT (SELECT count(*) FROM (SELECT FROM ingest.frame WHERE state = 'waiting' LIMIT %(most)s) AS waiting),
    (SELECT count(*) FROM (
        SELECT FROM ingest.frame WHERE state = 'read' AND NOT EXISTS (
            SELECT FROM ingest.set_aside WHERE set_aside.frame_id = frame.frame_id
        ) LIMIT %(most)s
    ) AS read),
    (SELECT count(*) FROM (
        SELECT FROM ingest.set_aside JOIN ingest.frame USING (frame_id) WHERE state = 'read' LIMIT %(most)s
    ) AS aside)
"""


@dataclass(frozen=True, slots=True)
class Queues:
    """How many acknowledged frames wait to be read, how many read ones wait to be sent, and how many matching does not take."""

    waiting: int
    read: int
    aside: int = 0

    @property
    def total(self) -> int:
        """Those that take a place."""
        return self.waiting + self.read


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claimed frame that is to be read. attempts: claims so far, this one included; faults: failures of its own making."""

    frame: Frame
    attempts: int
    faults: int

    @property
    def frame_id(self) -> UUID:
        return self.frame.frame_id


@dataclass(frozen=True, slots=True)
class Unsent:
    """A claimed frame whose committed reads are to be sent."""

    frame_id: UUID
    backfill: bool
    attempts: int
    reads: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Postponement:
    """A claim that is given up, and when the frame is due again. fault: it failed by its own making."""

    frame_id: UUID
    attempts: int
    delay: timedelta
    fault: bool = False


class Backlog:
    """The frames to hand over, as one worker sees them. `worker` is a name that no other process has or had."""

    def __init__(self, database: Database, worker: UUID, lease: timedelta) -> None:
        self._database, self._worker, self.lease = database, worker, lease
        self._waiting, self._read = (
            Claims(database, Claimant(worker, lease), queue) for queue in (CLAIM_WAITING, CLAIM_READ)
        )

    async def claim_waiting(self, limit: int) -> list[Waiting]:
        """At most `limit` frames to read; see claims.py for which. Of them live ones first, the oldest first."""
        claims = [Waiting(_frame(row), row["attempts"], row["faults"]) for row in await self._waiting.take(limit)]
        return sorted(claims, key=lambda claim: (claim.frame.backfill, claim.frame_id))

    async def claim_read(self, limit: int) -> list[Unsent]:
        """At most `limit` frames to send, chosen and ordered in the same way."""
        claims = [
            Unsent(row["frame_id"], row["backfill"], row["attempts"], row["reads"])
            for row in await self._read.take(limit)
        ]
        return sorted(claims, key=lambda claim: (claim.backfill, claim.frame_id))

    async def count(self, most: int) -> Queues:
        """Counts what waits in each queue, whoever holds it, up to `most`."""
        async with self._database.transaction() as connection:
            await connection.execute(BY_INDEX)
            row = await (await connection.execute(COUNT, {"most": most})).fetchone()
        if row is None:
            raise AssertionError("a query without a FROM gave no row")
        return Queues(*row)

    async def renew(self, frame_ids: Iterable[UUID]) -> None:
        """Keeps the claims on these frames, as far as they are still ours."""
        values = {"frame_ids": list(frame_ids), "worker": self._worker, "lease": self.lease}
        async with self._database.transaction() as connection:
            await connection.execute(RENEW, values)

    async def release(self, frame_ids: Iterable[UUID]) -> None:
        """Gives claims up at once, for others to take."""
        async with self._database.transaction() as connection:
            await connection.execute(RELEASE, {"frame_ids": list(frame_ids), "worker": self._worker})

    async def postpone(self, postponements: Sequence[Postponement]) -> None:
        """Gives claims up until later."""
        values = [self._values(postponement) for postponement in postponements]
        async with self._database.transaction() as connection, connection.cursor() as rows:
            await rows.executemany(POSTPONE, values)

    async def set_aside(self, claim: Unsent, reason: str, delay: Callable[[int], timedelta]) -> int:
        """Notes that matching refuses these reads, and gives the claim up for `delay(refusals)`. Returns the refusals so far."""
        async with self._database.transaction() as connection:
            rows = await connection.execute(UPSERT_SET_ASIDE, {"frame_id": claim.frame_id, "reason": reason})
            [(refusals,)] = await rows.fetchall()
            postponed = Postponement(claim.frame_id, claim.attempts, delay(refusals), fault=True)
            await connection.execute(POSTPONE, self._values(postponed))
        return int(refusals)

    async def bring_back(self) -> None:
        """Makes everything due that was set aside: a newer version of us or of matching may think otherwise."""
        async with self._database.transaction() as connection:
            await connection.execute(BRING_BACK)

    async def commit(self, frame_id: UUID, result: Result) -> None:
        """Makes a result the reading of the frame, unless it has one: then that one stays and this one is dropped."""
        values = {
            "frame_id": frame_id,
            "reads": result.reads,
            "read_count": result.read_count,
            "reason": result.reason,
            "engine": result.engine,
            "engine_version": result.engine_version,
            "model_sha256": result.model_sha256,
        }
        async with self._database.transaction() as connection:
            await connection.execute(INSERT_RESULT, values)
            await connection.execute(MARK_READ, {"frame_id": frame_id})

    async def finish(self, frame_ids: Iterable[UUID]) -> None:
        """Marks frames as done whose reads matching has stored. Whose claim they are does not matter: it is true now."""
        async with self._database.transaction() as connection:
            await connection.execute(MARK_DONE, {"frame_ids": list(frame_ids)})

    def _values(self, postponement: Postponement) -> dict[str, object]:
        return {
            "frame_id": postponement.frame_id,
            "attempts": postponement.attempts,
            "delay": postponement.delay,
            "faults": int(postponement.fault),
            "worker": self._worker,
        }


def _frame(row: DictRow) -> Frame:
    return Frame(
        frame_id=row["frame_id"],
        zone=row["zone"],
        capture=Capture(
            camera_id=row["camera_id"],
            sequence=row["sequence"],
            captured_at=row["captured_at"],
            uncertainty=row["uncertainty"],
            lane=row["lane"],
            direction=Direction(row["direction"]),
            speed_kmh=row["speed_kmh"],
            location=location(row),
            heading_degrees=row["heading_degrees"],
            track_id=row["track_id"],
            source_event_id=row["source_event_id"],
        ),
        backfill=row["backfill"],
        received_at=row["received_at"],
        picture=Picture(row["sha256"], row["size_bytes"], row["content_type"], row["width_px"], row["height_px"]),
        deposit=Deposit(row["object_key"], row["version_id"], row["wrapped_key"], row["kek_id"]),
    )
