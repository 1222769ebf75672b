"""What a run does, from its seed alone: who is hit when, and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

REPLICAS = ("replica-1", "replica-2")
POSTGRES, STORE, WITNESS = "postgres", "seaweedfs", "witness"
PARTS = (*REPLICAS, POSTGRES, STORE, WITNESS)
HOLDER = "holder of the lock"
HOLDER_EVERY = 5  # rounds


class How(StrEnum):
    """What happens to a part."""

    HAND = "killed, started by hand"
    KEEPER = "killed, started by its keeper"
    TWICE = "killed, and again while starting"
    FROZEN = "stopped, and killed while it was"
    STOP = "stopped for a while"
    HELD = "stopped while it held the lock"
    HELD_DEAD = "stopped while it held the lock, and killed then"


KILLS = {How.TWICE: 2, How.STOP: 0, How.HELD: 0}


@dataclass(frozen=True, slots=True)
class Blow:
    """What is done to one part. wait_s: until the start by hand or the second kill, or as long as it is stopped."""

    part: str
    how: How
    wait_s: float

    @property
    def kills(self) -> int:
        return KILLS.get(self.how, 1)


@dataclass(frozen=True, slots=True)
class Round:
    """Blows that fall together, and the pause after them."""

    blows: tuple[Blow, ...]
    pause_s: float


def rounds(seed: int, kills: int) -> Iterator[Round]:
    """Rounds with exactly this many kills, the first of which stops who holds the lock. All parts are dealt in turn."""
    random = Random(f"{seed} blows")
    deck: list[str] = []
    left, number = kills, 0
    while left > 0:
        if number % HOLDER_EVERY == 0:
            how = How.HELD_DEAD if number % (2 * HOLDER_EVERY) else How.HELD
            blow = Blow(HOLDER, how, random.uniform(3.0, 4.0))
            left -= blow.kills
            yield Round((blow,), random.uniform(0.2, 0.8))
        number += 1
        blows = []
        for part in _deal(random, deck, 2 if random.random() < 0.25 else 1):
            blow = _blow(random, part, left)
            left -= blow.kills
            blows.append(blow)
        yield Round(tuple(blows), random.uniform(0.3, 1.5))


def _deal(random: Random, deck: list[str], count: int) -> list[str]:
    if len(deck) < count:
        fresh = [part for part in PARTS if part not in deck]
        random.shuffle(fresh)
        deck[:0] = fresh
    return [deck.pop() for _ in range(count)]


def _blow(random: Random, part: str, most: int) -> Blow:
    if most <= 0 or random.random() < 0.1:
        return Blow(part, How.STOP, random.uniform(0.5, 4.0))
    if most > 1 and random.random() < 0.15:
        return Blow(part, How.TWICE, random.uniform(0.0, 1.0))
    how = random.choice((How.HAND, How.HAND, How.KEEPER, How.FROZEN))
    return Blow(part, how, random.uniform(0.3, 2.0) if how is How.FROZEN else random.uniform(0.0, 0.8))
