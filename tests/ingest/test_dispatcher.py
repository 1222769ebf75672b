"""Both stages against the real database and object store, with neighbours that fail on demand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from anpr.common.v1 import plate_pb2

from services.common import ids
from services.common.channels import open_channel
from services.common.errors import Invalid, Refusal, StoreUnavailable, TooMuch, Unavailable
from services.common.picture import PictureUnreadable
from services.ingest import clients
from services.ingest.backlog import Backlog, Waiting
from services.ingest.bell import Bell
from services.ingest.dispatcher import Dispatcher
from services.ingest.errors import EngineBusy, EngineFailed
from services.ingest.frame import Result
from services.ingest.reading import MAX_FAULTS, Reading
from services.ingest.sending import DOUBTS, Sending
from tests.engines import Scratch
from tests.ingest import pictures
from tests.ingest.neighbours import Matching, Recognition, running
from tests.ingest.parts import ZONE, Parts, submission

pytestmark = [pytest.mark.postgres, pytest.mark.s3]
SET_ASIDE = """
    SELECT format('%s %s %s %s', frame_id, reason, refusals, next_attempt_at > now() + interval '20 s')
    FROM ingest.set_aside JOIN ingest.frame USING (frame_id)
"""
WITHIN_S = 60.0  # a limit for a machine that hangs, not a claim about speed


@dataclass
class Suite:
    """Parts of ingest and its neighbours. Each dispatcher is a process of its own as far as the others know."""

    parts: Parts
    scratch: Scratch
    recognition_address: str
    matching_address: str
    recognition: Recognition
    matching: Matching
    committed: Bell = field(default_factory=Bell)

    async def submit(self, count: int = 1, *, first: int = 1, backfill: bool = False) -> list[UUID]:
        intake = self.parts.intake()
        return [
            (await intake.take(submission(pictures.jpeg(number), number, backfill=backfill), ZONE)).frame_id
            for number in range(first, first + count)
        ]

    @asynccontextmanager
    async def dispatching(
        self, *, backlog: Backlog | None = None, fault_first_s: float = 0.01, stages: str = "reading sending"
    ) -> AsyncIterator[None]:
        """A dispatcher at work, until the end of the block."""
        backlog = backlog or self.parts.backlog()
        to = open_channel(self.recognition_address), open_channel(self.matching_address)
        reader = clients.Recognition(to[0], region="region-x", country="BE", deadline_s=10.0)
        reading = Reading(
            backlog,
            self.parts.evidence,
            reader,
            self.parts.bell,
            self.committed.ring,
            poll_s=0.05,
            fault_first_s=fault_first_s,
            outage_cap_s=0.1,
        )
        sending = Sending(backlog, clients.Matching(to[1]), self.committed, poll_s=0.05, outage_cap_s=0.1)
        runs = {"reading": reading.run, "sending": sending.run, "reading sending": Dispatcher(reading, sending).run}
        task = asyncio.create_task(runs[stages]())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})
            for channel in to:
                await channel.close()
        assert task.cancelled()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                await asyncio.sleep(0.02)

    def states(self) -> dict[UUID, str]:
        with self.scratch.connect() as connection:
            return dict(connection.execute("SELECT frame_id, state::text FROM ingest.frame").fetchall())

    def all_done(self) -> bool:
        return set(self.states().values()) == {"done"}

    def all_committed(self) -> bool:
        return "waiting" not in self.states().values()

    def hurry(self) -> None:
        """Makes everything due, without waiting for delays that grow, or (on the event loop) for a lock."""
        with self.scratch.connect() as connection:
            connection.execute(
                "UPDATE ingest.frame SET next_attempt_at = now() WHERE frame_id IN "
                "(SELECT frame_id FROM ingest.frame WHERE state <> 'done' FOR UPDATE SKIP LOCKED)"
            )

    def column(self, query: str) -> list[object]:
        with self.scratch.connect() as connection:
            return [row[0] for row in connection.execute(query.encode()).fetchall()]


@pytest.fixture
async def suite(parts: Parts, scratch: Scratch) -> AsyncIterator[Suite]:
    await parts.register()
    recognition, matching = Recognition(), Matching()  # type: ignore[abstract]
    async with running(recognition) as reads, running(matching) as records:
        yield Suite(parts, scratch, reads.address, records.address, recognition, matching)


async def test_each_frame_ends_as_its_reads(suite: Suite) -> None:
    suite.recognition.plates = 2
    async with suite.dispatching():
        frames = await suite.submit(3)
        await suite.until(suite.all_done)
    expected = {str(ids.read_id(frame, ordinal)) for frame in frames for ordinal in (0, 1)}
    assert set(suite.matching.stored) == expected
    assert suite.recognition.readings.total() == 3
    assert suite.recognition.roles == {"service"}


async def test_a_read_carries_what_the_camera_said_and_where_the_evidence_is(suite: Suite) -> None:
    async with suite.dispatching():
        [frame_id] = await suite.submit()
        await suite.until(suite.all_done)
    [read] = suite.matching.reads()
    assert (read.frame_id, read.region, read.zone, read.no_read) == (str(frame_id), "region-x", ZONE, False)
    assert (read.capture.camera_id, read.capture.sequence, read.capture.lane) == ("cam-1", 1, "1")
    assert read.capture.direction == plate_pb2.DIRECTION_APPROACHING
    assert read.capture.speed_kmh == pytest.approx(48.5)
    assert read.capture.captured.uncertainty.ToMilliseconds() == 20
    assert (read.capture.track_id, read.capture.source_event_id) == ("t-7", "e-9")
    assert read.plate.text == "0TST001"
    assert read.engine.name == "for-tests"
    assert read.HasField("received_at")
    [image] = read.images
    assert (image.kind, image.content_type, len(image.sha256)) == (plate_pb2.IMAGE_KIND_FRAME, "image/jpeg", 32)
    assert suite.column("SELECT object_key FROM ingest.frame") == [image.object_key]
    assert suite.column("SELECT version_id FROM ingest.frame") == [image.version_id]


async def test_a_frame_without_a_plate_is_kept_as_a_no_read(suite: Suite) -> None:
    suite.recognition.plates = 0
    async with suite.dispatching():
        [frame] = await suite.submit()
        await suite.until(suite.all_done)
    [read] = suite.matching.reads()
    assert (read.no_read, read.HasField("plate"), read.read_id) == (True, False, str(ids.read_id(frame, 0)))
    assert suite.column("SELECT reason FROM ingest.frame_result") == [""]


async def test_after_the_commit_the_same_result_is_sent_again_and_never_read_again(suite: Suite) -> None:
    """The process dies between the commit of the result and the answer of matching, again and again."""
    suite.matching.always = Unavailable("down")
    await suite.submit(2)
    for _ in range(3):
        async with suite.dispatching():
            sent = suite.matching.sent.total()
            await suite.until(lambda sent=sent: suite.matching.sent.total() > sent)  # type: ignore[misc]
            await suite.until(suite.all_committed)  # a reading that was cut off before its commit may be made again
    suite.matching.always = None
    async with suite.dispatching():
        await suite.until(suite.all_done)
    assert set(suite.recognition.readings.values()) == {1}
    assert sorted(read.plate.text for read in suite.matching.reads()) == ["0TST001", "0TST002"]


async def test_a_lost_answer_of_matching_doubles_nothing(suite: Suite) -> None:
    suite.matching.lost_answers = 3
    async with suite.dispatching():
        await suite.submit(4)
        await suite.until(suite.all_done)
    assert len(suite.matching.stored) == 4
    assert suite.matching.sent.total() > 4


async def test_two_dispatchers_at_once_read_each_frame_once(suite: Suite) -> None:
    suite.recognition.delay_s = 0.02
    async with suite.dispatching(), suite.dispatching(), suite.dispatching():
        await suite.submit(20)
        await suite.until(suite.all_done)
    assert set(suite.recognition.readings.values()) == {1}
    assert (len(suite.recognition.readings), len(suite.matching.stored)) == (20, 20)


async def test_claims_of_a_dead_process_run_out(suite: Suite) -> None:
    [frame] = await suite.submit()
    dead = suite.parts.backlog(lease_s=0.5)
    assert [claim.frame_id for claim in await dead.claim_waiting(5)] == [frame]
    assert await suite.parts.backlog().claim_waiting(5) == []
    async with suite.dispatching():
        await suite.until(suite.all_done)
    assert suite.recognition.readings.total() == 1


async def test_a_slow_reading_keeps_its_claim(suite: Suite) -> None:
    """The engine takes several leases; another dispatcher is waiting for the frame all the time."""
    suite.recognition.hold.clear()
    await suite.submit()
    async with suite.dispatching(backlog=suite.parts.backlog(lease_s=0.6)), suite.dispatching(stages="reading"):
        await suite.until(lambda: suite.recognition.asked > 0)
        with pytest.raises(TimeoutError):  # nobody else asks while the claim is renewed
            async with asyncio.timeout(1.5):
                await suite.until(lambda: suite.recognition.asked > 1)
        suite.recognition.hold.set()
        await suite.until(suite.all_done)
    assert suite.recognition.readings.total() == 1


async def test_whoever_comes_late_commits_nothing(suite: Suite) -> None:
    """A process that was stopped for longer than its lease wakes up with a reading of its own."""
    [frame] = await suite.submit()
    late = suite.parts.backlog(lease_s=0.2)
    [claim] = await late.claim_waiting(1)
    async with suite.dispatching():
        await suite.until(suite.all_done)
    [before] = suite.column("SELECT reads FROM ingest.frame_result")
    await late.commit(frame, Result(b"another reading", 1, "late", "1", "00"))
    await late.finish([])
    assert suite.column("SELECT reads FROM ingest.frame_result") == [before]
    assert suite.states() == {frame: "done"}
    assert isinstance(claim, Waiting)


async def test_a_stopped_process_gives_its_claims_up(suite: Suite) -> None:
    suite.recognition.hold.clear()
    await suite.submit(2)
    async with suite.dispatching(backlog=suite.parts.backlog(lease_s=600)):
        await suite.until(lambda: suite.recognition.asked == 2)
    suite.recognition.hold.set()
    async with suite.dispatching():
        await suite.until(suite.all_done)
    assert len(suite.matching.stored) == 2


@pytest.mark.parametrize(
    "refusal",
    [EngineBusy("busy", retry_delay_s=0.05), Unavailable("starting"), StoreUnavailable("odd"), Invalid("a new rule")],
)
async def test_what_is_not_the_fault_of_the_frame_is_tried_until_it_works(suite: Suite, refusal: Refusal) -> None:
    suite.recognition.refusals = [refusal] * (MAX_FAULTS + 1)
    async with suite.dispatching():
        await suite.submit()
        await suite.until(lambda: suite.recognition.asked > 1)
        while not suite.all_done():
            suite.hurry()
            await asyncio.sleep(0.05)
    assert [read.plate.text for read in suite.matching.reads()] == ["0TST001"]
    assert suite.column("SELECT faults FROM ingest.frame") == [0]


async def test_an_unreadable_picture_ends_as_a_no_read_with_the_reason(suite: Suite) -> None:
    suite.recognition.always = PictureUnreadable("no picture")
    async with suite.dispatching():
        await suite.submit()
        await suite.until(suite.all_done)
    [read] = suite.matching.reads()
    assert read.no_read
    assert suite.recognition.asked == 1
    assert suite.column("SELECT reason FROM ingest.frame_result") == ["PICTURE_UNREADABLE"]


async def test_a_picture_that_kills_the_engine_ends_as_a_no_read_with_the_reason(suite: Suite) -> None:
    suite.recognition.always = EngineFailed("died")
    async with suite.dispatching():
        await suite.submit()
        await suite.until(suite.all_done)
    assert suite.recognition.asked == MAX_FAULTS
    assert [read.no_read for read in suite.matching.reads()] == [True]
    assert suite.column("SELECT reason FROM ingest.frame_result") == ["ENGINE_FAILED"]


async def test_an_engine_that_recovers_costs_no_frame(suite: Suite) -> None:
    suite.recognition.refusals = [EngineFailed("died")] * (MAX_FAULTS - 1)
    async with suite.dispatching():
        await suite.submit()
        await suite.until(suite.all_done)
    assert [read.plate.text for read in suite.matching.reads()] == ["0TST001"]


async def test_altered_evidence_is_not_read_and_not_dropped(suite: Suite) -> None:
    await suite.submit(2)
    with suite.scratch.connect() as connection:
        connection.execute(
            "UPDATE ingest.frame SET wrapped_key = (SELECT wrapped_key FROM ingest.frame WHERE sequence = 2)"
        )
    async with suite.dispatching():
        await suite.until(suite.all_done)
    assert suite.column(
        "SELECT reason FROM ingest.frame_result JOIN ingest.frame USING (frame_id) ORDER BY sequence"
    ) == [
        "EVIDENCE_ALTERED",
        "",
    ]
    assert suite.recognition.readings.total() == 1


async def test_one_refused_read_does_not_hold_up_the_others(suite: Suite) -> None:
    frames = await suite.submit(5)
    poison = str(frames[2])
    suite.matching.refuse = lambda read: Invalid("not this one") if read.frame_id == poison else None
    async with suite.dispatching(stages="reading"):
        await suite.until(lambda: set(suite.states().values()) == {"read"})
    async with suite.dispatching(stages="sending"):
        await suite.until(lambda: list(suite.states().values()).count("done") == 4)
        await suite.until(lambda: suite.column(SET_ASIDE) == [f"{poison} FIELD_INVALID 1 t"])
        # What comes after it goes its way, and what was set aside is not asked about again meanwhile.
        asked = suite.matching.sent.copy()
        suite.matching.refuse = lambda read: Invalid("not this one") if read.frame_id == poison else None
        async with suite.dispatching(stages="reading"):
            await suite.submit(3, first=10)
            await suite.until(lambda: list(suite.states().values()).count("done") == 7)
    [refused] = [read_id for read_id in asked if read_id == str(ids.read_id(frames[2], 0))]
    assert suite.matching.sent[refused] == asked[refused]
    assert suite.states()[frames[2]] == "read"

    # A new start tries again; as long as matching refuses, it is counted and waits longer.
    async with suite.dispatching(stages="sending"):
        await suite.until(lambda: suite.column(SET_ASIDE) == [f"{poison} FIELD_INVALID 2 t"])
    suite.matching.refuse = lambda _: None
    async with suite.dispatching(stages="sending"):
        await suite.until(suite.all_done)
    assert len(suite.matching.stored) == 8


async def test_a_read_that_matching_fails_over_is_set_aside_after_some_attempts(suite: Suite) -> None:
    suite.matching.refuse = lambda _: KeyError("a fault of matching")  # type: ignore[assignment, return-value]
    [frame] = await suite.submit()
    async with suite.dispatching():
        while not suite.column(SET_ASIDE):
            suite.hurry()
            await asyncio.sleep(0.02)
    assert suite.matching.sent.total() >= DOUBTS
    assert suite.column(SET_ASIDE) == [f"{frame} INTERNAL 1 t"]


async def test_a_failure_of_matching_is_not_held_against_a_read(suite: Suite) -> None:
    suite.matching.refusals = [Unavailable("down"), TooMuch("busy"), Unavailable("down")]
    await suite.submit(3)
    async with suite.dispatching():
        while not suite.all_done():
            suite.hurry()
            await asyncio.sleep(0.05)
    assert suite.column(SET_ASIDE) == []


async def test_what_the_store_cannot_hold_of_an_answer_ends_as_a_no_read_with_the_reason(suite: Suite) -> None:
    suite.recognition.engine = "a\x00b"
    async with suite.dispatching():
        await suite.submit()
        await suite.until(suite.all_done)
    assert suite.recognition.asked == MAX_FAULTS
    assert [read.no_read for read in suite.matching.reads()] == [True]
    assert suite.column("SELECT reason FROM ingest.frame_result") == ["ENGINE_FAILED"]


async def test_frames_are_sent_in_batches_that_matching_takes(suite: Suite) -> None:
    suite.recognition.plates = 100
    await suite.submit(6)
    async with suite.dispatching(stages="reading"):
        await suite.until(lambda: set(suite.states().values()) == {"read"})
    async with suite.dispatching(stages="sending"):
        await suite.until(suite.all_done)
    assert suite.matching.batches == [256, 256, 88]
    assert len(suite.matching.stored) == 600


async def test_reading_goes_on_while_matching_is_down(suite: Suite) -> None:
    suite.matching.always = Unavailable("down")
    async with suite.dispatching():
        await suite.submit(12)
        await suite.until(lambda: set(suite.states().values()) == {"read"})
    assert suite.recognition.readings.total() == 12


async def test_live_frames_go_before_backfill(suite: Suite) -> None:
    late = await suite.submit(3, backfill=True)
    live = await suite.submit(2, first=10)
    claims = await suite.parts.backlog().claim_waiting(4)
    assert [claim.frame_id for claim in claims] == [*live, *late[:2]]


async def test_a_committed_frame_survives_the_loss_of_the_database_connection(suite: Suite) -> None:
    async with suite.dispatching(backlog=suite.parts.backlog(lease_s=1.0)):
        await suite.submit(2)
        with suite.scratch.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await suite.submit(2, first=3)
        await suite.until(suite.all_done)
    assert len(suite.matching.stored) == 4
