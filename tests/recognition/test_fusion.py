"""Two readers are heard by how sure they are."""

import pytest
from hypothesis import given
from hypothesis.strategies import SearchStrategy, builds, floats, lists, sampled_from

from services.recognition import fusion
from services.recognition.fusion import Answer, Weights, fused
from services.recognition.reading import Choice, Position


def answer(text: str, sure: float = 0.99, probability: float = 0.9, **others: tuple[str, float]) -> Answer:
    """`at<index>=(character, probability)`: a second choice there, with what is left of the first."""
    positions: list[Position] = []
    for index, character in enumerate(text):
        if f"at{index}" in others:
            other, share = others[f"at{index}"]
            positions.append((Choice(character, 1 - share), Choice(other, share)))
        else:
            positions.append((Choice(character, sure),))
    return Answer(tuple(positions), probability)


def test_two_that_agree_are_surer_than_each() -> None:
    found = fused(answer("1ABC123", probability=0.8), answer("1ABC123", probability=0.7))
    assert found.text == "1ABC123"
    assert found.probability > 0.9


def test_each_may_be_right_at_another_place() -> None:
    found = fused(answer("1A8C123", at2=("B", 0.45)), answer("1ABCI23", at4=("1", 0.45)))
    assert found.text == "1ABC123"
    assert 0 < found.probability < 1


def test_of_different_lengths_the_surer_wins() -> None:
    first, second = answer("1ABC123", probability=0.4), answer("11ABC123", probability=0.95)
    found = fused(first, second)
    assert found.text == "11ABC123"
    assert found.probability < 0.95
    assert fused(answer("1ABC123", probability=0.9), answer("BC123", probability=0.5)).text == "1ABC123"


def test_a_second_reader_of_no_weight_changes_no_text() -> None:
    deaf = Weights(second=0.0)
    assert fused(answer("1ABC123", probability=0.1), answer("XYZ", probability=0.99), deaf).text == "1ABC123"
    assert fused(answer("1A8C123", at2=("B", 0.4)), answer("1ABC123"), deaf).text == "1A8C123"


def test_an_empty_answer_counts_for_nothing() -> None:
    only = answer("1ABC123")
    assert fused(Answer((), 0.0), only) == fused(only, Answer((), 0.0)) == only


ANSWERS: SearchStrategy[Answer] = builds(
    Answer,
    positions=lists(
        lists(
            builds(Choice, character=sampled_from("AB80"), probability=floats(0, 1)),
            min_size=1,
            max_size=3,
            unique_by=lambda choice: choice.character,
        ).map(tuple),
        max_size=4,
    ).map(tuple),
    probability=floats(0, 1),
)


@given(first=ANSWERS, second=ANSWERS, second_weight=floats(0, 2))
def test_any_two_answers_fuse_to_a_sound_one(first: Answer, second: Answer, second_weight: float) -> None:
    found = fused(first, second, Weights(second=second_weight))
    assert 0 <= found.probability <= 1
    assert len(found.text) in (len(first.text), len(second.text))
    for position in found.positions:
        assert all(0 <= choice.probability <= 1 for choice in position)


@given(first=ANSWERS, second=ANSWERS)
def test_equals_are_heard_alike(first: Answer, second: Answer) -> None:
    if not len(first.positions) == len(second.positions) > 0:
        return
    one, other = (fused(*pair, Weights(second=1.0)) for pair in ((first, second), (second, first)))
    assert one.probability == pytest.approx(other.probability)


def test_the_weights_are_learnt_from_who_was_right() -> None:
    good, bad = answer("1ABC123", probability=0.7), answer("1ABC12", probability=0.72)
    second_is_right = [(bad, good, "1ABC123")] * 20
    first_is_right = [(good, bad, "1ABC123")] * 20
    assert fusion.learnt(second_is_right).second > fusion.learnt(first_is_right).second
    assert fused(good, bad, fusion.learnt(first_is_right)).text == "1ABC123"
    assert fusion.learnt([]) == fusion.DEFAULT_WEIGHTS
