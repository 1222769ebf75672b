"""Which answer goes with which plate that a picture is known to show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.recognition.reading import Box, PlateReading
from services.recognition.training.labels import Label, Sample
from services.recognition.training.scores import Outcome, edits

# An answer is at a plate when their boxes overlap this much (intersection over union): boxes drawn by hand, around the
# text or around the plate, are far from equal, and two plates never lie in one another.
LEAST_OVERLAP = 0.15


@dataclass(frozen=True, slots=True)
class Paired:
    """The outcomes of one picture, with the label and the answer each is made of, and the answers where no plate is."""

    outcomes: tuple[Outcome, ...]
    labels: tuple[Label, ...]
    readings: tuple[PlateReading | None, ...]
    false_plates: int


def paired(sample: Sample, readings: Sequence[PlateReading]) -> Paired:
    """Pairs by box where the label has one, else the surest answer, or of several labels the one most alike."""
    chosen: dict[int, PlateReading] = {}
    for label, reading in _matches(sample.labels, readings):
        chosen[label] = reading
    counted = [place for place, label in enumerate(sample.labels) if label.is_counted]
    return Paired(
        outcomes=tuple(_outcome(sample.name, sample.labels[place], chosen.get(place)) for place in counted),
        labels=tuple(sample.labels[place] for place in counted),
        readings=tuple(chosen.get(place) for place in counted),
        false_plates=len(readings) - len(chosen),
    )


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0 to 1."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    common = max(across, 0) * max(down, 0)
    return common / (one.width * one.height + other.width * other.height - common)


def _matches(labels: Sequence[Label], readings: Sequence[PlateReading]) -> Iterator[tuple[int, PlateReading]]:
    """Best first, every label and every answer once."""
    scored = sorted(
        (
            (-score, place, number)
            for place, label in enumerate(labels)
            for number, reading in enumerate(readings)
            if (score := _score(label, reading, is_alone=len(labels) == 1)) > 0
        ),
    )
    places, numbers = set(range(len(labels))), set(range(len(readings)))
    for _, place, number in scored:
        if place in places and number in numbers:
            places.discard(place)
            numbers.discard(number)
            yield place, readings[number]


def _score(label: Label, reading: PlateReading, *, is_alone: bool) -> float:
    if label.box is not None:
        common = overlap(label.box, reading.box)
        return common if common >= LEAST_OVERLAP else 0.0
    if is_alone:
        return 1.0 + reading.confidence
    return 1.0 / (1 + edits(label.text, reading.text))


def _outcome(name: str, label: Label, reading: PlateReading | None) -> Outcome:
    box = label.box or (reading.box if reading else None)
    return Outcome(
        file=name,
        truth=label.text,
        read=reading.text if reading else "",
        confidence=reading.confidence if reading else 0.0,
        width_px=float(box.width) if box else 0.0,
        groups=label.groups,
    )
