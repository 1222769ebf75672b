"""The reader network on plates that were found: text, alternatives, how sure it is, lines, and countries by their looks."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition import beam
from services.recognition.alphabet import BLANK, CHARACTERS, COUNTRIES, TWO_LINES
from services.recognition.beam import Columns, Text
from services.recognition.network import Network
from services.recognition.reading import Choice, CountryShare, Layout, Position
from services.recognition.rectify import Quad, aspect, rectified

# Around the plate's corners at first, and when that answer was not sure; in parts of its width and height.
FIRST_MARGIN, MORE_MARGINS = 0.02, (-0.03, 0.06)
# Between these probabilities of the text the plate is read again: above there is no need, below (0.7 % of rendered plates) no
# gain was seen. A text less probable than the third number is not searched for better ones, and shorter ones are not read
# again: what is no plate gives a character or two.
HOPELESS, SURE, SEARCHED, LEAST_CHARACTERS = 0.01, 0.85, 0.001, 3
# Below this probability that the plate has the lines it was cut for, it is cut the other way too.
CONTRADICTED = 0.15
# Width to height below which a plate is first taken for one of two lines.
TWO_LINES_BELOW = 2.2
MAX_CHOICES, LEAST_CHOICE = 5, 0.005
LEAST_COUNTRY = 0.01
# So many texts are weighed against one another over all crops.
MOST_RIVALS = 3

# Given a picture and the corners of a plate in it, its corners after another look; None when it is not seen again.
Again = Callable[[Pixels, Quad], Quad | None]


@dataclass(frozen=True, slots=True)
class PlateText:
    """What stands on a plate; an empty text is none. given: the probability before the calibration that `probability` is after.

    reads: crops it took.
    """

    text: str = field(repr=False)
    positions: tuple[Position, ...] = field(repr=False)
    probability: float
    given: float
    layout: Layout
    countries: tuple[CountryShare, ...]
    reads: int


@dataclass(frozen=True, slots=True)
class _Crop:
    """One crop's answer, in probabilities. beliefs: its likeliest texts; one alone when no other can be likelier."""

    columns: Columns
    beliefs: Mapping[Text, float]
    countries: NDArray[np.float64]
    has_two_lines: float


@dataclass(frozen=True, slots=True)
class _Plate:
    """A plate at work: its corners, how its crops were cut, and what they gave."""

    corners: Quad
    is_split: bool
    crops: tuple[_Crop, ...]

    @property
    def agrees(self) -> float:
        """How probable it is that the plate has the lines it was cut for."""
        two = float(np.mean([crop.has_two_lines for crop in self.crops]))
        return two if self.is_split else 1 - two


# Corners of a plate, whether to cut it for two lines, and the margins.
_Job = tuple[Quad, bool, tuple[float, ...]]


class PlateReader:
    """Reads all plates of a picture at once; one thread."""

    def __init__(self, network: Network) -> None:
        """Raises NetworkBroken."""
        self._network = network
        self._fitted = network.fitted

    def read(self, pixels: Pixels, quads: Sequence[Quad], again: Again | None = None) -> tuple[PlateText, ...]:
        """The texts of plates with these corners (4 x 2, clockwise from the top left, in pixels), in their order.

        again: looks for the corners of a plate once more, when it is not read surely.
        """
        splits = [aspect(quad) < TWO_LINES_BELOW for quad in quads]
        plates = self._cut(pixels, [(quad, split, (FIRST_MARGIN,)) for quad, split in zip(quads, splits, strict=True)])
        return tuple(self._settled(pixels, plate, again) for plate in plates)

    def _settled(self, pixels: Pixels, plate: _Plate, again: Again | None) -> PlateText:
        """Read on, as long as it is worth it."""
        if plate.agrees < CONTRADICTED:
            (other,) = self._cut(pixels, [(plate.corners, not plate.is_split, (FIRST_MARGIN,))])
            plate = max((plate, other), key=lambda one: one.agrees * _best(one.crops)[1])
        best = text, sure = _best(plate.crops)
        if len(text) >= LEAST_CHARACTERS and HOPELESS <= sure < SURE:
            corners = again(pixels, plate.corners) if again else None
            jobs: list[_Job] = [(plate.corners, plate.is_split, MORE_MARGINS)]
            if corners is not None:
                jobs.append((corners, plate.is_split, (FIRST_MARGIN, *MORE_MARGINS)))
            more = self._cut(pixels, jobs)
            plate = _Plate(plate.corners, plate.is_split, sum((one.crops for one in more), plate.crops))
            best = _best(plate.crops)
        return self._answer(plate, *best)

    def _cut(self, pixels: Pixels, wanted: Iterable[_Job]) -> list[_Plate]:
        """Plates cut with each of their margins, and read all at once."""
        jobs = list(wanted)
        cut = [rectified(pixels, quad, margin, two_lines=split) for quad, split, margins in jobs for margin in margins]
        if not cut:
            return []
        answers = iter(self._crops(np.stack(cut)))
        return [_Plate(quad, split, tuple(next(answers) for _ in margins)) for quad, split, margins in jobs]

    def _crops(self, crops: Pixels) -> list[_Crop]:
        told = self._network.run(crops)
        columns = beam.softmax(told["characters"], self._fitted.temperature)
        countries, lines = beam.softmax(told["country"]), beam.softmax(told["layout"])
        beliefs = map(_beliefs, columns)
        return [_Crop(*one) for one in zip(columns, beliefs, countries, lines[:, TWO_LINES].tolist(), strict=True)]

    def _answer(self, plate: _Plate, text: Text, given: float) -> PlateText:
        return PlateText(
            text="".join(CHARACTERS[one] for one in text),
            positions=_positions(plate.crops, text),
            probability=self._fitted.calibration.applied(given),
            given=given,
            layout=Layout.TWO_LINES if plate.is_split else Layout.ONE_LINE,
            countries=_countries(np.mean([crop.countries for crop in plate.crops], axis=0)),
            reads=len(plate.crops),
        )


def _best(crops: Sequence[_Crop]) -> tuple[Text, float]:
    """The text that is the likeliest over all crops, and the mean of the probabilities they give it."""
    shares: Counter[Text] = Counter()
    for crop in crops:
        shares.update(crop.beliefs)
    means = {text: _mean_probability(crops, text) for text, _ in shares.most_common(MOST_RIVALS)}
    return max(means.items(), key=lambda item: item[1])


def _mean_probability(crops: Sequence[_Crop], text: Text) -> float:
    return sum(_probability(crop, text) for crop in crops) / len(crops)


def _probability(crop: _Crop, text: Text) -> float:
    """Of a text in a crop, whether or not the search came across it."""
    return crop.beliefs[text] if text in crop.beliefs else beam.probability(crop.columns, text, BLANK)


def _beliefs(columns: Columns) -> Mapping[Text, float]:
    text = beam.greedy(columns, BLANK)
    probability = beam.probability(columns, text, BLANK)
    if not text or probability > 0.5 or probability < SEARCHED:
        return {text: probability}
    return {belief.text: belief.probability for belief in beam.search(columns, BLANK)}


def _positions(crops: Sequence[_Crop], text: Text) -> tuple[Position, ...]:
    """The alternatives at each place, those of a crop weighted by how probable the whole text is in it."""
    if not text:
        return ()
    weights = np.array([_probability(crop, text) for crop in crops]) + 1e-12
    shares = [beam.alternatives(crop.columns, text, BLANK) for crop in crops]
    mixed = np.tensordot(weights / weights.sum(), np.stack(shares), axes=1)
    return tuple(_position(place, one) for place, one in zip(mixed, text, strict=True))


def _position(place: NDArray[np.float64], first: int) -> Position:
    """The class of the text first, whatever is likelier by itself."""
    ranked = [int(one) for one in np.argsort(-place)[:MAX_CHOICES] if one != first and place[one] >= LEAST_CHOICE]
    return tuple(Choice(CHARACTERS[one], round(float(place[one]), 4)) for one in (first, *ranked[: MAX_CHOICES - 1]))


def _countries(shares: NDArray[np.float64]) -> tuple[CountryShare, ...]:
    ranked = [int(one) for one in np.argsort(-shares) if shares[one] >= LEAST_COUNTRY]
    return tuple(CountryShare(COUNTRIES[one], round(float(shares[one]), 4)) for one in ranked)
