"""Where the characters of a line stand."""

from hypothesis import given
from hypothesis.strategies import integers, text

from services.recognition.alphabet import CHARACTERS
from services.recognition.training.render.faces import BELGIAN
from services.recognition.training.render.layout import SIGNS, Spacing, is_character, placed
from services.recognition.training.render.paint import Box

ROWS = text(CHARACTERS + SIGNS, min_size=1, max_size=12)


@given(row=ROWS, width=integers(60, 500), cap=integers(20, 70))
def test_a_row_stays_in_its_room_and_in_order(row: str, width: int, cap: int) -> None:
    room = Box(7, 5, width, 80)
    found = placed(row, BELGIAN, Spacing(), room, cap)
    assert "".join(sign for sign, _ in found) == row
    boxes = [box for sign, box in found if is_character(sign)]
    for box in boxes:
        assert room.x - 2 <= box.x
        assert box.x + box.width <= room.x + room.width + 2
        assert room.y <= box.y
        assert box.y + box.height <= room.y + room.height
    assert [box.x for box in boxes] == sorted(box.x for box in boxes)


def test_a_row_that_does_not_fit_gets_narrower_before_it_gets_lower() -> None:
    wide, narrow, short = (
        placed("1-ABC-123", BELGIAN, Spacing(), Box(0, 0, width, 80), 60) for width in (500, 260, 90)
    )
    assert narrow[2].box.width < wide[2].box.width
    assert narrow[2].box.height == wide[2].box.height
    assert short[2].box.height < wide[2].box.height


def test_room_that_is_left_goes_where_the_spacing_says() -> None:
    room = Box(0, 0, 400, 80)
    left, right = (placed("A B", BELGIAN, Spacing(align=align), room, 60) for align in (0.0, 1.0))
    assert left[0].box.x == 0
    assert right[-1].box.x + right[-1].box.width >= 398
    spread = placed("A B", BELGIAN, Spacing(spread=1.0), room, 60)
    assert spread[-1].box.x - spread[0].box.x > left[-1].box.x - left[0].box.x
