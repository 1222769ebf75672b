"""The limit on what waits: on the real database where counting matters, with counts of our own where only arithmetic does."""

import asyncio
from contextlib import ExitStack
from dataclasses import replace

import pytest

from services.common.errors import StoreUnavailable
from services.ingest import waiting_room
from services.ingest.backlog import BY_INDEX, COUNT, Queues
from services.ingest.errors import Overloaded
from services.ingest.waiting_room import LONGEST_S, WaitingRoom
from tests.engines import Scratch
from tests.ingest import pictures
from tests.ingest.parts import ZONE, Parts, submission


class Waiting:
    """What the database would count, and the clock."""

    def __init__(self, waiting: int = 0, read: int = 0) -> None:
        self.queues, self.now_s = Queues(waiting, read), 0.0

    async def count(self, most: int) -> Queues:
        return Queues(min(self.queues.waiting, most), min(self.queues.read, most))

    def room(self, frames: int) -> WaitingRoom:
        return WaitingRoom(self.count, frames=frames, clock=lambda: self.now_s, chance=lambda: 0.5)


def taken(room: WaitingRoom, *, backfill: bool = False) -> int:
    """How many frames find a place until one is refused."""
    count = 0
    with ExitStack() as open_:
        while True:
            try:
                open_.enter_context(room.place(backfill=backfill))
            except Overloaded:
                return count
            count += 1


def delay_s(room: WaitingRoom) -> float:
    with pytest.raises(Overloaded) as refused, room.place(backfill=False):
        raise AssertionError("there is no room")
    assert refused.value.retry_delay_s is not None
    return refused.value.retry_delay_s


async def test_both_queues_take_places() -> None:
    room = Waiting(3, 4).room(frames=10)
    await room.look()
    assert taken(room) == 3
    assert taken(room) == 0, "what went in waits until the next count says otherwise"


async def test_backfill_is_refused_earlier_than_live_frames() -> None:
    room = Waiting(3).room(frames=10)
    await room.look()
    assert (taken(room, backfill=True), taken(room)) == (5, 2)


async def test_what_left_makes_room_at_the_next_count() -> None:
    waiting = Waiting(10)
    room = waiting.room(frames=10)
    await room.look()
    assert taken(room) == 0
    waiting.queues = Queues(2, 3)
    await room.look()
    assert taken(room) == 5


async def test_frames_at_the_door_keep_their_places_over_a_count() -> None:
    waiting = Waiting(0)
    room = waiting.room(frames=4)
    with room.place(backfill=False), room.place(backfill=False):
        await room.look()
        assert taken(room) == 2


async def test_who_comes_during_a_count_is_not_forgotten() -> None:
    counting, go_on = asyncio.Event(), asyncio.Event()

    async def count(_most: int) -> Queues:
        counting.set()
        await go_on.wait()
        return Queues(0, 0)

    room = WaitingRoom(count, frames=4)
    looking = asyncio.create_task(room.look())
    await counting.wait()
    with room.place(backfill=False):
        pass
    go_on.set()
    await looking
    assert room.waiting == 1


async def test_the_delay_follows_from_what_is_over_and_how_fast_frames_leave() -> None:
    waiting = Waiting(1000)
    room = waiting.room(frames=900)
    await room.look()
    assert delay_s(room) == LONGEST_S, "nothing leaves"
    for _ in range(60):
        waiting.now_s += 1
        waiting.queues = replace(waiting.queues, waiting=waiting.queues.waiting - 1)
        await room.look()
    assert room.leaving_per_s == pytest.approx(1.0, abs=0.01)
    waiting.queues = Queues(905, 0)
    waiting.now_s += 1000
    await room.look()
    assert room.leaving_per_s < 0.1
    assert delay_s(room) == LONGEST_S


async def test_those_who_are_refused_are_asked_to_come_one_after_the_other() -> None:
    waiting = Waiting(1000)
    room = waiting.room(frames=1010)
    await room.look()
    for _ in range(60):  # ten frames come a second, and ten others leave
        assert taken(room) == 10
        waiting.now_s += 1
        await room.look()
    assert room.leaving_per_s == pytest.approx(10.0, rel=0.01)
    taken(room)
    delays = [delay_s(room) for _ in range(200)]
    assert delays == sorted(delays)
    assert (delays[0], delays[99], delays[199]) == pytest.approx((1.0, 10.0, 20.0), rel=0.05)


async def test_a_count_that_fails_changes_nothing() -> None:
    async def fail(_most: int) -> Queues:
        raise StoreUnavailable("the database does not answer")

    room = WaitingRoom(fail, frames=3, count_every_s=0.01)
    assert taken(room) == 3
    running = asyncio.create_task(room.run())
    await asyncio.sleep(0.1)
    assert (taken(room), running.done()) == (0, False)
    running.cancel()


@pytest.mark.parametrize("answers", [True, False], ids=["late", "never"])
async def test_a_count_that_took_an_hour_does_not_end_the_counting(
    answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database hung, or this process was stopped: ten times as long without a count would be ten hours."""
    monkeypatch.setattr(waiting_room, "LONGEST_PAUSE_S", 0.01)
    now_s, again = 0.0, asyncio.Event()

    async def count(_most: int) -> Queues:
        nonlocal now_s
        if now_s:
            again.set()
        now_s += 3600.0
        if not answers:
            raise StoreUnavailable("the database does not answer")
        return Queues(0, 0)

    room = WaitingRoom(count, frames=3, count_every_s=0.01, clock=lambda: now_s)
    running = asyncio.create_task(room.run())
    async with asyncio.timeout(20):
        await again.wait()
    running.cancel()


@pytest.mark.postgres
@pytest.mark.s3
async def test_above_the_limit_new_frames_are_refused_and_known_ones_are_acknowledged(
    parts: Parts, scratch: Scratch
) -> None:
    await parts.register()
    room = parts.room(frames=3)
    intake = parts.intake(room=room)
    sent = [submission(pictures.jpeg(number), number) for number in range(1, 5)]
    first = [await intake.take(one, ZONE) for one in sent[:3]]
    await room.look()
    assert room.queues == Queues(waiting=3, read=0)
    with pytest.raises(Overloaded):
        await intake.take(sent[3], ZONE)
    assert await intake.take(sent[0], ZONE) == replace(first[0], duplicate=True)
    with scratch.connect() as connection:
        connection.execute("UPDATE ingest.frame SET state = 'done', done_at = now() WHERE sequence = 2")
        connection.execute("UPDATE ingest.frame SET state = 'read' WHERE sequence = 3")
    await room.look()
    assert room.queues == Queues(waiting=1, read=1)
    with scratch.connect() as connection:
        connection.execute(
            "INSERT INTO ingest.set_aside SELECT frame_id, 'FIELD_INVALID' FROM ingest.frame WHERE sequence = 3"
        )
    await room.look()
    assert room.queues == Queues(waiting=1, read=0, aside=1)
    assert room.waiting == 1, "what matching does not take would keep others out for good"
    assert not (await intake.take(sent[3], ZONE)).duplicate


@pytest.mark.postgres
@pytest.mark.s3
async def test_counting_never_scans_the_table(parts: Parts, scratch: Scratch) -> None:
    """The statistics are of an outage, when every frame waited; now all are done, and the table is long."""
    await parts.register()
    await parts.intake().take(submission(pictures.jpeg()), ZONE)
    with scratch.connect() as connection:
        connection.execute(
            "INSERT INTO ingest.frame SELECT (jsonb_populate_record(frame, jsonb_build_object("
            "'frame_id', gen_random_uuid(), 'sequence', number))).* FROM ingest.frame, generate_series(2, 2000) AS number"
        )
        connection.execute("ANALYZE ingest.frame")
        connection.execute("UPDATE ingest.frame SET state = 'done', done_at = now()")
        with connection.transaction():
            connection.execute(BY_INDEX)
            plan = connection.execute(b"EXPLAIN " + COUNT.encode(), {"most": 250_000}).fetchall()
    words = "\n".join(row[0] for row in plan)
    assert "frame_waiting" in words
    assert "frame_read" in words
    assert "Seq Scan" not in words
