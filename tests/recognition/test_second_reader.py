"""Two readers are asked where one is not sure; a second one that is late, dead or full changes nothing."""

import asyncio
import math
from dataclasses import replace
from typing import cast

import pytest

from services.common.errors import Unavailable
from services.recognition import metrics
from services.recognition.engine import EngineIdentity
from services.recognition.errors import EngineBusy
from services.recognition.pool import Pool, Read
from services.recognition.reading import Choice, Corners, SecondOpinion, Seen, TextBox
from services.recognition.second_reader import SecondReader

CORNERS: Corners = ((0.0, 0.0), (50.0, 0.0), (50.0, 10.0), (0.0, 10.0))
ENGINE = EngineIdentity("second", "1", "")


def box(text: str, sure: float, *strips: bytes) -> TextBox:
    """Each character with the next best: a B for an 8."""
    positions = tuple((Choice(one, sure), Choice("B" if one == "8" else "Ü", 1 - sure)) for one in text)
    return TextBox(text, positions, CORNERS, is_plate=True, probability=sure ** len(text), strips=strips)


class Told:
    """A pool that answers each strip with the text it names."""

    warm_workers, identities = 1, (ENGINE,)

    async def read(self, strip: bytes) -> Read:
        text = strip.decode()
        match text:
            case "late":
                await asyncio.sleep(60)
            case "full":
                raise EngineBusy("full", retry_delay_s=1)
            case "dead":
                raise Unavailable("dead")
        return Read(Seen(1, 1, (box(text, 0.99),)), ENGINE)


def asked(*boxes: TextBox) -> list[TextBox]:
    second = SecondReader(cast(Pool, Told()), timeout_s=0.05)
    return list(asyncio.run(second.improved(Seen(100, 100, boxes))).boxes)


def count(opinion: SecondOpinion) -> float:
    return float(metrics.SECOND_OPINIONS.labels(opinion)._value.get())


def test_what_is_sure_is_not_asked_about() -> None:
    sure = box("1ABC123", 0.999)
    assert asked(sure) == [sure]
    assert asked() == []


def test_an_answer_that_agrees_makes_it_surer() -> None:
    before = count(SecondOpinion.AGREED)
    (found,) = asked(box("1ABC", 0.8, b"1ABC"))
    assert (found.raw, found.second_opinion, found.strips) == ("1ABC", SecondOpinion.AGREED, ())
    assert found.probability > 0.8**4
    assert count(SecondOpinion.AGREED) == before + 1


def test_a_surer_answer_that_differs_changes_the_text_and_its_positions() -> None:
    (found,) = asked(box("1A8C", 0.5, b"1ABC"))
    assert (found.raw, found.second_opinion) == ("1ABC", SecondOpinion.CHANGED)
    assert [position[0].character for position in found.positions] == list("1ABC")


def test_an_answer_that_is_less_sure_changes_nothing_but_how_sure_it_is() -> None:
    (found,) = asked(box("1ABC1", 0.9999, b"X"))
    assert (found.raw, found.second_opinion) == ("1ABC1", SecondOpinion.KEPT)


def test_two_lines_are_asked_about_one_by_one() -> None:
    (found,) = asked(box("1A8C", 0.5, b"1A", b"BC"))
    assert (found.raw, found.second_opinion) == ("1ABC", SecondOpinion.CHANGED)


@pytest.mark.parametrize("trouble", [b"late", b"full", b"dead"])
def test_without_an_answer_in_time_the_first_one_stands_and_is_marked(trouble: bytes) -> None:
    first, sure = box("1ABC", 0.8, trouble), box("2XYZ", 0.999)
    found, other = asked(first, sure)
    assert (found.raw, found.positions, found.probability) == (first.raw, first.positions, first.probability)
    assert (found.second_opinion, other) == (SecondOpinion.MISSED, sure)


@pytest.mark.parametrize(
    "answer",
    [
        (),
        (box("1ABC", 0.99), box("1ABC", 0.99)),
        (box("9" * 17, 0.9999),),
        (box("漢字", 0.99),),
        (box("1abc", 0.99),),
        (replace(box("1XYZ", 0.99), positions=((Choice("", 0.99),),)),),
        (replace(box("1XYZ", 0.99), positions=((Choice("XYZ", 0.99),),)),),
        (replace(box("1XYZ", 0.99), probability=math.nan),),
        (box("1XYZ", math.nan),),
        (replace(box("1XYZ", 0.99), probability=9.0),),
        (box("1XYZ", -3.0),),
    ],
    ids=str,
)
def test_an_answer_that_makes_no_sense_counts_as_none(
    answer: tuple[TextBox, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(_: Told, __: bytes) -> Read:
        return Read(Seen(1, 1, answer), ENGINE)

    monkeypatch.setattr(Told, "read", read)
    first = box("1ABC", 0.8, b"a picture")
    (found,) = asked(first)
    assert (found.raw, found.positions, found.probability) == (first.raw, first.positions, first.probability)
    assert found.second_opinion is SecondOpinion.MISSED


def test_its_engine_is_named_once_it_is_warm() -> None:
    assert SecondReader(cast(Pool, Told()), 1).engines() == (ENGINE,)
