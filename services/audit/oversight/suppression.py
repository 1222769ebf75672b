"""Small counts are not told, nor what would give them away.

The sum over a table is known: it is the number of entries of a kind, and leaves are public. So one suppressed cell alone could
be computed. Besides the small cells, of 1 to 4, one larger cell is suppressed, such that every assignment of 1 to 4 to the small
ones leaves a value for it with which all of this could have come out the same. Who knows the rule, the sum and every cell that is
shown, but not the key below, still knows of a small cell that it is 1 to 4, and nothing more. Where no cell is large enough the
whole table is left out, names and all: with the sum, names alone may say too much.

Which of the large enough cells that is, a key decides: always the same one of the same table, so that asking twice tells nothing,
and not the smallest, as that would say something about it.
"""

from collections.abc import Callable, Mapping

SMALL = 5

Choice = Callable[[str], bytes]


def suppress(cells: Mapping[str, int], choice: Choice) -> dict[str, int | None]:
    """The cells, None where the count is not told; no cell at all where the table is left out.

    choice: a keyed digest of a name, the same for the same table.
    """
    small = {name: count for name, count in cells.items() if count < SMALL}
    if not small:
        return dict(cells)
    slack = (SMALL - 1) * len(small) - sum(small.values())
    large_enough = [name for name, count in cells.items() if count >= SMALL + slack]
    if not large_enough:
        return {}
    hidden = {*small, min(large_enough, key=choice)}
    return {name: None if name in hidden else count for name, count in cells.items()}


def suppress_within(
    groups: Mapping[str, Mapping[str, int]], choice: Choice
) -> tuple[dict[str, int | None], dict[str, dict[str, int | None]]]:
    """Sums of groups, and the cells of each group. A cell of a group whose sum is not told is not told either: the cells of a
    group that is shown whole would give its sum away."""
    sums = suppress({group: sum(cells.values()) for group, cells in groups.items()}, choice)
    return sums, {group: _within(group, groups[group], total, choice) for group, total in sums.items()}


def _within(group: str, cells: Mapping[str, int], total: int | None, choice: Choice) -> dict[str, int | None]:
    if total is None:
        return dict.fromkeys(cells)
    return suppress(cells, lambda name: choice(f"{group}/{name}"))
