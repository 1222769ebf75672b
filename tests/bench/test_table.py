"""What a person sees of a run."""

import pytest

from bench import table
from bench.row import NoRow, Ratio
from tests.bench.test_row import row


def test_ours_stands_above_its_peer_with_ratio_target_and_verdict() -> None:
    lines = list(table.lines([row((10.0, 12.0, 11.0), (20.0, 20.0, 20.0), target=Ratio(0.9))]))
    ours, peer = lines[2:4]
    assert ours.split() == ["what,", "1/s", "us", "10.0", "11.0", "12.0", "100", "us", "0.55", "x", ">=", "0.9", "NO"]
    assert peer.split() == ["them", "20.0", "20.0", "20.0", "100", "us"]


def test_a_bench_that_could_not_be_run_says_why() -> None:
    assert "recognition: peer not installed" in list(table.lines([NoRow("recognition", "peer not installed")]))


def test_no_line_of_the_table_is_wider_than_a_terminal() -> None:
    wide = row((123456.0,), (1e9,), target=Ratio(0.5))
    assert max(map(len, table.lines([wide, NoRow("x", "y" * 200)]))) <= table.WIDTH


@pytest.mark.parametrize(
    ("value", "text"),
    [(123456.7, "123,457"), (99.94, "99.9"), (1.234, "1.23"), (0.04567, "0.0457"), (float("inf"), "inf")],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert table.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(53.1, "53.1 us"), (4750.0, "4.75 ms"), (2.5e6, "2.50 s")])
def test_cpu_time_has_the_unit_that_fits(value: float, text: str) -> None:
    assert table.duration(value) == text
