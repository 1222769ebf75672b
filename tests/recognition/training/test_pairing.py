"""Answers go with the plates they are of."""

from hypothesis import given
from hypothesis.strategies import builds, integers, lists

from services.recognition.reading import Box, Colour, Corners, Layout, PlateReading
from services.recognition.training.labels import Label, Sample
from services.recognition.training.pairing import overlap, paired

BOX = Box(100, 100, 80, 20)
NOWHERE: Corners = ((0, 0), (1, 0), (1, 1), (0, 1))


def reading(text: str, box: Box = BOX, confidence: float = 0.9) -> PlateReading:
    return PlateReading(text, text, "", (), confidence, (), box, NOWHERE, Colour.UNKNOWN, Layout.ONE_LINE)


def sample(*labels: Label) -> Sample:
    return Sample("a.jpg", bytes, labels)


def test_a_lone_text_is_compared_with_the_surest_answer() -> None:
    got = paired(sample(Label("1ABC123")), [reading("2DEF456", confidence=0.99), reading("1ABC123", confidence=0.5)])
    assert [(one.truth, one.read) for one in got.outcomes] == [("1ABC123", "2DEF456")]
    assert got.false_plates == 1


def test_texts_without_boxes_go_with_the_answers_most_like_them() -> None:
    got = paired(sample(Label("1ABC123"), Label("2DEF456")), [reading("2DEF45"), reading("1ABC128")])
    assert [(one.truth, one.read) for one in got.outcomes] == [("1ABC123", "1ABC128"), ("2DEF456", "2DEF45")]


def test_boxes_decide_where_they_are_known() -> None:
    labels = (Label("1ABC123", Box(500, 100, 80, 20)), Label("2DEF456", BOX))
    got = paired(sample(*labels), [reading("1ABC123", Box(102, 98, 84, 26)), reading("9XYZ999", Box(0, 0, 50, 9))])
    assert [(one.truth, one.read) for one in got.outcomes] == [("1ABC123", ""), ("2DEF456", "1ABC123")]
    assert got.false_plates == 1
    assert got.outcomes[1].width_px == 80


def test_an_answer_at_a_plate_that_nobody_can_read_counts_for_nothing() -> None:
    got = paired(sample(Label("1ABC123", BOX, is_counted=False)), [reading("1ABC128")])
    assert (got.outcomes, got.false_plates) == ((), 0)


def test_without_a_plate_every_answer_is_false() -> None:
    assert paired(sample(), [reading("1ABC123"), reading("2DEF456")]).false_plates == 2


BOXES = builds(Box, integers(0, 50), integers(0, 50), integers(1, 50), integers(1, 50))


@given(one=BOXES, other=BOXES)
def test_overlap_is_a_share_and_mutual(one: Box, other: Box) -> None:
    assert 0 <= overlap(one, other) == overlap(other, one) <= 1
    assert overlap(one, one) == 1


@given(places=lists(BOXES, max_size=4), answers=lists(BOXES, max_size=4))
def test_every_plate_is_counted_once(places: list[Box], answers: list[Box]) -> None:
    got = paired(sample(*(Label("1ABC123", box) for box in places)), [reading("1ABC123", box) for box in answers])
    assert len(got.outcomes) == len(got.labels) == len(got.readings) == len(places)
    assert got.false_plates == len(answers) - sum(bool(one.read) for one in got.outcomes)
