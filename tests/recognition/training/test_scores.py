"""Figures of reads."""

from hypothesis import given
from hypothesis.strategies import text

from services.recognition.training import scores
from services.recognition.training.scores import Outcome, edits, figures, share


def outcome(truth: str, read: str, confidence: float = 0.9, width_px: float = 100, **groups: str) -> Outcome:
    return Outcome("a.jpg", truth, read, confidence, width_px, tuple(groups.items()))


def test_exact_takes_o_for_0_and_i_for_1_and_strict_does_not() -> None:
    read = outcome("1OBI123", "IOB1123")
    assert read.is_exact
    assert not read.is_strict
    assert not outcome("1ABC123", "1A8C123").is_exact


def test_edits_are_counted() -> None:
    assert edits("1ABC123", "1ABC123") == 0
    assert edits("1ABC123", "1ABD123") == 1
    assert edits("1ABC123", "B1ABC123") == 1
    assert edits("1ABC123", "1AB123") == 1
    assert edits("1ABC123", "") == 7


@given(one=text("AB1O0", max_size=8), other=text("AB1O0", max_size=8))
def test_edits_are_a_distance(one: str, other: str) -> None:
    assert edits(one, other) == edits(other, one) <= max(len(one), len(other))
    assert (edits(one, other) == 0) == outcome(one, other).is_exact


def test_a_plate_that_was_not_found_counts_with_all_its_characters() -> None:
    found = share([outcome("1ABC123", "1ABC123"), outcome("2ABC123", "")])
    assert (found.count, found.found, found.exact, found.character_errors) == (2, 0.5, 0.5, 0.5)


def test_figures_are_by_width_and_group() -> None:
    got = figures(
        [
            outcome("1ABC123", "1ABC123", width_px=35, country="BE", layout="one-line"),
            outcome("AB123C", "AB123C", width_px=90, country="NL"),
            outcome("MABC123", "", width_px=35, country="BE", layout="two-lines"),
        ],
        frames=4,
        false_plates=1,
        cpu_s=0.04,
    )
    assert [(name, part.count, part.exact) for name, part in got.by_width] == [("30-40", 2, 0.5), ("80-120", 1, 1.0)]
    assert [(kind, name, part.exact) for kind, name, part in got.by_group] == [
        ("country", "BE", 0.5),
        ("country", "NL", 1.0),
        ("layout", "one-line", 1.0),
        ("layout", "two-lines", 0.0),
    ]
    assert (got.false_per_frame, got.cpu_ms_per_frame) == (0.25, 10.0)


def test_precision_counts_plates_that_were_not_found_as_the_least_sure() -> None:
    reads = [outcome("1ABC123", "1ABC123", 0.9)] * 9 + [outcome("2ABC123", "")]
    got = figures(reads, frames=10, false_plates=0, cpu_s=0)
    assert got.precision == ((0.8, 1.0), (0.9, 1.0))
    assert got.reliability[0].claimed == 0.9


def test_nothing_to_read_gives_figures_too() -> None:
    got = figures([], frames=0, false_plates=0, cpu_s=0)
    assert got.all == scores.share([])
    assert got.reliability == ()
