"""The judge: it finds nothing where all is well, and each way in which a frame can be lost or doubled."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.common import ids
from tests.overload import ledger
from tests.overload.ledger import Kept, Seen, Told
from tests.overload.pictures import Picture

DRAWN = [Picture(b"one", ("1ABC234",)), Picture(b"two", ("2DEF567", "3GHJ890")), Picture(b"none", ())]


class Books:
    """Six frames of one camera, whose pictures show one, two and no plates in turn."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.frames: list[Kept] = []
        self.sightings: list[Seen] = []
        for sequence in range(1, 7):
            frame_id, plates = ids.uuid7(), DRAWN[sequence % 3].plates
            self.told.append(Told("over-0-01", sequence, frame_id))
            self.frames.append(Kept(frame_id, "over-0-01", sequence, "done", max(1, len(plates))))
            named: list[str | None] = [*plates] if plates else [None]
            self.sightings += [Seen(frame_id, ids.read_id(frame_id, n), plate) for n, plate in enumerate(named)]

    def broken(self) -> set[str]:
        return {
            count.words for count in ledger.compare(self.told, self.frames, self.sightings, DRAWN) if not count.holds
        }


def test_where_all_is_well_nothing_is_found() -> None:
    assert Books().broken() == set()


def lose_frame(books: Books) -> None:
    lost = books.frames.pop()
    books.sightings = [one for one in books.sightings if one.frame_id != lost.frame_id]


def forget_sighting(books: Books) -> None:
    books.sightings.pop(1)


def store_twice(books: Books) -> None:
    books.sightings.append(books.sightings[0])


def misread(books: Books) -> None:
    books.sightings[0] = replace(books.sightings[0], plate="9ZZZ999")


def swap_frames(books: Books) -> None:
    first, second = books.frames[:2]
    books.frames[:2] = [replace(first, frame_id=second.frame_id), replace(second, frame_id=first.frame_id)]


def tell_one_id_twice(books: Books) -> None:
    books.told[1] = replace(books.told[0])


def leave_unsent(books: Books) -> None:
    books.frames[0] = replace(books.frames[0], state="read")


def leave_unread(books: Books) -> None:
    books.frames[0] = replace(books.frames[0], read_count=None)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lose_frame, "acknowledged frames that are in the database"),
        (forget_sighting, "committed reads that are in exactly one sighting"),
        (store_twice, "sightings of reads that nobody committed, or for the second time"),
        (misread, "frames whose sightings name the plates"),
        (swap_frames, "acknowledged frames that are in the database"),
        (tell_one_id_twice, "acknowledgements, each of another frame"),
        (leave_unsent, "frames in the database that are done"),
        (leave_unread, "frames in the database with one committed result"),
    ],
)
def test_each_harm_is_found(harm: Callable[[Books], None], words: str) -> None:
    books = Books()
    harm(books)
    assert any(found.startswith(words) for found in books.broken())
