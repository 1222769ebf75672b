"""What a run will do, from its seed alone: the plates that are looked for, and who is hit when and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

SUBSCRIBER = "subscriber"
PARTS = (
    "ingest",
    "recognition",
    "matching",
    "audit",
    "postgres-services",
    "postgres-audit",
    "seaweedfs",
    "gateway",
    SUBSCRIBER,
)
LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"
MANUAL, IMPORTED = "chaos-manual", "chaos-imported"
AT_ONCE = 6
PLATES = 24


@dataclass(frozen=True, slots=True)
class Wanted:
    """Normalised plates that are planted on the road, and when they come onto a list: some before any passes, some after."""

    at_once: tuple[str, ...]
    by_hand: tuple[str, ...]
    by_import: tuple[str, ...]

    @property
    def every(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.at_once, *self.by_hand, *self.by_import)))


def wanted(seed: int) -> Wanted:
    """Invented plates; some are on both lists, and raise two alerts a passage."""
    random = Random(f"{seed} plates")
    plates: set[str] = set()
    while len(plates) < PLATES:
        letters, digits = "".join(random.choices(LETTERS, k=3)), "".join(random.choices(DIGITS, k=3))
        plates.add(f"2{letters}{digits}")
    shuffled = sorted(plates)
    random.shuffle(shuffled)
    return Wanted(tuple(shuffled[:AT_ONCE]), tuple(shuffled[AT_ONCE:16]), tuple(shuffled[12:]))


class How(StrEnum):
    """What happens to a part."""

    HAND = "killed, started by hand"
    KEEPER = "killed, started by its keeper"
    TWICE = "killed, and again while starting"
    FROZEN = "stopped, and killed while it was"
    STOP = "stopped for a while"


@dataclass(frozen=True, slots=True)
class Blow:
    """What is done to one part. wait_s: until the start by hand, until the second kill, or as long as it is stopped."""

    part: str
    how: How
    wait_s: float

    @property
    def kills(self) -> int:
        return {How.TWICE: 2, How.STOP: 0}.get(self.how, 1)


@dataclass(frozen=True, slots=True)
class Round:
    """Blows that fall together, and the pause after them."""

    blows: tuple[Blow, ...]
    pause_s: float


def rounds(seed: int, kills: int) -> Iterator[Round]:
    """Rounds with exactly this many kills. Every part is dealt before any is dealt again."""
    random = Random(f"{seed} blows")
    deck: list[str] = []
    left = kills
    by_keeper: dict[str, int] = dict.fromkeys(PARTS, 0)
    while left > 0:
        parts = _deal(random, deck, 2 if random.random() < 0.15 else 1)
        blows = []
        for part in parts:
            blow = _blow(random, part, min(left, 2), by_keeper)
            left -= blow.kills
            blows.append(blow)
        if random.random() < 0.3:
            struck = {blow.part for blow in blows}
            part = random.choice([part for part in PARTS if part not in struck])
            blows.append(Blow(part, How.STOP, random.uniform(0.5, 5.0)))
        yield Round(tuple(blow for blow in blows if blow.kills or blow.how is How.STOP), random.uniform(0.2, 1.2))


def _deal(random: Random, deck: list[str], count: int) -> list[str]:
    if len(deck) < count:
        fresh = list(PARTS)
        random.shuffle(fresh)
        deck[:0] = [part for part in fresh if part not in deck]
    return [deck.pop() for _ in range(count)]


def _blow(random: Random, part: str, most: int, by_keeper: dict[str, int]) -> Blow:
    """The keeper waits longer after each death in a row; a start by hand makes it forget."""
    if most <= 0:
        return Blow(part, How.STOP, random.uniform(0.5, 2.0))
    if most > 1 and random.random() < 0.12:
        by_keeper[part] = 0
        return Blow(part, How.TWICE, random.uniform(0.0, 0.8))
    if part != SUBSCRIBER and by_keeper[part] < 2 and random.random() < 0.55:
        by_keeper[part] += 1
        if random.random() < 0.2:
            return Blow(part, How.FROZEN, random.uniform(0.5, 3.0))
        return Blow(part, How.KEEPER, 0.0)
    by_keeper[part] = 0
    return Blow(part, How.HAND, random.uniform(0.0, 1.0))
