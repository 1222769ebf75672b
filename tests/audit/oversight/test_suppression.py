"""No count that is not told can be computed from those that are."""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping

from hypothesis import assume, given, settings
from hypothesis.strategies import dictionaries, integers, sampled_from

from services.audit.oversight.suppression import SMALL, suppress, suppress_within

NAMES = sampled_from("abcdef")
CELLS = dictionaries(NAMES, integers(1, 14), max_size=5)
Told = Mapping[str, int | None]


def choice(name: str) -> bytes:
    return hashlib.sha256(f"a key{name}".encode()).digest()


def preferring(first: str) -> Callable[[str], bytes]:
    """A key that prefers one of the names."""
    return lambda name: b"" if name == first else choice(name)


def tables(names: list[str], total: int) -> Iterator[dict[str, int]]:
    """Every table of these names with this sum."""
    for cuts in itertools.combinations(range(1, total), len(names) - 1):
        bounds = (0, *cuts, total)
        yield {name: bounds[place + 1] - bounds[place] for place, name in enumerate(names)}


def possible(told: Told, total: int) -> dict[str, set[int]]:
    """What each untold count may be, for one who knows the sum, what is told, and the rule, but not the key."""
    untold = [name for name, count in told.items() if count is None]
    rest = total - sum(count or 0 for count in told.values())
    found: dict[str, set[int]] = {name: set() for name in untold}
    for guess in tables(untold, rest):
        whole = {name: guess.get(name, count) for name, count in told.items()}
        cells = {name: count or 0 for name, count in whole.items()}
        if any(suppress(cells, preferring(name)) == told for name in untold):
            for name in untold:
                found[name].add(guess[name])
    return found


@settings(deadline=None)
@given(cells=CELLS)
def test_every_small_count_may_be_any_small_count(cells: dict[str, int]) -> None:
    told = suppress(cells, choice)
    assume(None in told.values())
    for name, values in possible(told, sum(cells.values())).items():
        assert len(values) >= SMALL - 1, (told, name, values)
        if cells[name] < SMALL:
            assert values >= set(range(1, SMALL))


@given(cells=CELLS)
def test_no_small_count_is_told_and_what_is_told_is_true(cells: dict[str, int]) -> None:
    told = suppress(cells, choice)
    assert all(count is None or count == cells[name] for name, count in told.items())
    assert not any(count is not None and count < SMALL for count in told.values())
    if min(cells.values(), default=SMALL) >= SMALL:
        assert told == cells
    elif told:
        assert list(told.values()).count(None) >= 2, "one alone could be computed from the sum"


@given(groups=dictionaries(sampled_from("NSEW"), CELLS.filter(bool), max_size=4))
def test_cells_within_groups_do_not_give_the_groups_away(groups: dict[str, dict[str, int]]) -> None:
    sums, within = suppress_within(groups, choice)
    assert set(within) == set(sums)
    for group, total in sums.items():
        told = within[group]
        if total is None:
            assert set(told.values()) <= {None}
        elif None in told.values():
            own = {name: count for name, count in told.items() if count is not None}
            assert total - sum(own.values()) == sum(
                groups[group][name] for name, count in told.items() if count is None
            )
            assert sum(count is None for count in told.values()) >= 2
        else:
            assert told in ({}, groups[group])


def test_a_table_without_a_large_enough_count_is_left_out_names_and_all() -> None:
    assert suppress({"a": 3}, choice) == {}
    assert suppress({"a": 1, "b": 5}, choice) == {}
    assert suppress({"a": 1, "b": 8, "c": 50}, choice)["a"] is None
