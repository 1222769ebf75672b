"""Which frames go first when more wait than can be read."""

import pytest

from tests.engines import Scratch
from tests.ingest import pictures
from tests.ingest.parts import ZONE, Parts, submission

pytestmark = [pytest.mark.postgres, pytest.mark.s3]


async def submit(parts: Parts, scratch: Scratch, live: int, backfill: int = 0) -> None:
    """Live frames with the sequences 1.., one second apart, then backfill with 101..: all of them arrived in the past."""
    await parts.register()
    intake = parts.intake()
    for number in range(1, live + 1):
        await intake.take(submission(pictures.jpeg(number), number), ZONE)
    for number in range(101, backfill + 101):
        await intake.take(submission(pictures.jpeg(number), number, backfill=True), ZONE)
    with scratch.connect() as connection:
        connection.execute(
            "UPDATE ingest.frame SET next_attempt_at = now() - interval '1000 s' + sequence * interval '1 s'"
        )


async def claimed(parts: Parts, *limits: int) -> list[list[int]]:
    backlog = parts.backlog()
    claims = [await backlog.claim_waiting(limit) for limit in limits]
    return [sorted(claim.frame.capture.sequence for claim in some) for some in claims]


async def test_the_newest_goes_first_and_every_fourth_is_the_oldest(parts: Parts, scratch: Scratch) -> None:
    await submit(parts, scratch, live=8)
    assert await claimed(parts, *[1] * 9) == [[8], [7], [6], [1], [5], [4], [3], [2], []]


async def test_so_it_is_in_batches(parts: Parts, scratch: Scratch) -> None:
    await submit(parts, scratch, live=12)
    assert await claimed(parts, 8, 8) == [[1, 2, 7, 8, 9, 10, 11, 12], [3, 4, 5, 6]]


async def test_backfill_comes_after_all_that_is_live(parts: Parts, scratch: Scratch) -> None:
    await submit(parts, scratch, live=3, backfill=4)
    assert await claimed(parts, 1, 1, 1, 1, 9) == [[3], [2], [1], [101], [102, 103, 104]]


@pytest.mark.parametrize("limit", [1, 4, 32])
async def test_backfill_has_its_turn_even_when_live_frames_never_end(
    parts: Parts, scratch: Scratch, limit: int
) -> None:
    await submit(parts, scratch, live=32, backfill=1)
    assert 101 in [sequence for some in await claimed(parts, *[limit] * (32 // limit)) for sequence in some]


async def test_all_places_are_used_by_backfill_alone(parts: Parts, scratch: Scratch) -> None:
    await submit(parts, scratch, live=0, backfill=6)
    assert await claimed(parts, 4, 4) == [[101, 102, 103, 104], [105, 106]]


async def test_committed_reads_are_sent_in_the_same_order(parts: Parts, scratch: Scratch) -> None:
    await submit(parts, scratch, live=5)
    with scratch.connect() as connection:
        connection.execute("UPDATE ingest.frame SET state = 'read'")
        connection.execute(
            "INSERT INTO ingest.frame_result (frame_id, reads, read_count, reason, engine, engine_version, model_sha256)"
            " SELECT frame_id, sequence::text::bytea, 1, '', '', '', '' FROM ingest.frame"
        )
    backlog = parts.backlog()
    assert [[claim.reads for claim in await backlog.claim_read(1)] for _ in range(5)] == [
        [b"5"],
        [b"4"],
        [b"3"],
        [b"1"],
        [b"2"],
    ]
