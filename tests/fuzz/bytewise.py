"""Changes of bytes: what goes wrong on a line, on a disk, and in the hands of somebody with a hex editor."""

from collections.abc import Callable, Sequence
from random import Random

Change = Callable[[Random, bytearray], None]
SMALL = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)


def mutate(dice: Random, content: bytes, donors: Sequence[bytes] = (), *, most: int = 1 << 20) -> bytes:
    """One to eight changes, at most `most` bytes; now and then a part of another sample."""
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        dice.choice(CHANGES)(dice, changed)
    if donors and not dice.randrange(8):
        other = dice.choice(donors)
        changed[_place(dice, changed) :] = other[dice.randrange(len(other) + 1) :]
    return bytes(changed[:most])


def _place(dice: Random, changed: bytearray) -> int:
    """Somewhere; headers are where parsers go wrong, so half of the places are in the first 64 bytes."""
    end = len(changed) + 1
    return dice.randrange(min(end, 64) if dice.randrange(2) else end)


def _flip(dice: Random, changed: bytearray) -> None:
    if changed:
        changed[_place(dice, changed) % len(changed)] ^= 1 << dice.randrange(8)


def _set(dice: Random, changed: bytearray) -> None:
    if changed:
        changed[_place(dice, changed) % len(changed)] = dice.choice(SMALL)


def _cut(dice: Random, changed: bytearray) -> None:
    del changed[_place(dice, changed) :]


def _drop(dice: Random, changed: bytearray) -> None:
    place = _place(dice, changed)
    del changed[place : place + dice.choice((1, 2, 4, 16, 256))]


def _insert(dice: Random, changed: bytearray) -> None:
    place = _place(dice, changed)
    changed[place:place] = dice.randbytes(dice.choice((1, 2, 4, 16)))


def _repeat(dice: Random, changed: bytearray) -> None:
    place = _place(dice, changed)
    changed[place:place] = changed[place : place + dice.choice((1, 4, 16))] * dice.choice((1, 2, 8, 64))


def _number(dice: Random, changed: bytearray) -> None:
    """A length or an offset becomes an odd one."""
    size = dice.choice((2, 4, 8))
    place = _place(dice, changed)
    value = dice.choice((0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, len(changed))) % 2 ** (8 * size)
    changed[place : place + size] = value.to_bytes(size, dice.choice(("big", "little")))


CHANGES: tuple[Change, ...] = (_flip, _flip, _set, _cut, _drop, _insert, _repeat, _number)
