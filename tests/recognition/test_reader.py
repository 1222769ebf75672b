"""What the reader makes of its network: more margins when it is not sure, the other way to cut when that fits better."""

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from services.common.raster import Pixels
from services.recognition.alphabet import BLANK, CHARACTERS, CLASSES, COLUMNS, COUNTRIES, COUNTRY_INDEX
from services.recognition.calibration import Isotonic
from services.recognition.network import Fitted, Network
from services.recognition.reader import FIRST_MARGIN, MORE_MARGINS, PlateReader
from services.recognition.reading import Layout
from services.recognition.rectify import Quad, aspect

PICTURE = np.full((200, 400, 3), 128, np.uint8)
WIDE = np.array([(50, 50), (250, 50), (250, 90), (50, 90)], np.float32)
SQUARE = np.array([(50, 50), (130, 50), (130, 110), (50, 110)], np.float32)
Answer = tuple[str, float, bool]


class Told:
    """A network that answers by the number of the crop: a text, how sure of each column, and whether it sees two lines."""

    def __init__(self, *answers: Answer, fitted: Fitted | None = None) -> None:
        self._answers, self.crops = list(answers), list[Pixels]()
        self.fitted = fitted or Fitted()

    def run(self, pixels: Pixels) -> dict[str, NDArray[np.float32]]:
        told = [self._answers[len(self.crops) + number] for number in range(len(pixels))]
        self.crops += list(pixels)
        country = np.zeros((len(told), len(COUNTRIES)), np.float32)
        country[:, COUNTRY_INDEX["BE"]] = 10
        return {
            "characters": np.stack([spelt(text, sure) for text, sure, _ in told]),
            "country": country,
            "layout": np.array([(0, 8) if two else (8, 0) for *_, two in told], np.float32),
        }


def spelt(text: str, sure: float) -> NDArray[np.float32]:
    """Logits: four columns a character, of which the first two show it; the rest of each column goes to the next class."""
    shares = np.full((COLUMNS, CLASSES), 1e-6)
    classes = [BLANK] * COLUMNS
    for place, character in enumerate(text):
        classes[4 * place] = classes[4 * place + 1] = CHARACTERS.index(character)
    for column, one in enumerate(classes):
        shares[column, one] = sure if one != BLANK else 0.999
        shares[column, (one + 1) % BLANK if one != BLANK else 0] += 1 - shares[column, one]
    return np.asarray(np.log(shares), np.float32)


def read(network: Told, *quads: Quad) -> list[tuple[str, Layout, int]]:
    texts = PlateReader(cast(Network, network)).read(PICTURE, quads)
    return [(one.text, one.layout, one.reads) for one in texts]


def test_a_sure_answer_takes_one_crop_and_all_plates_one_run() -> None:
    network = Told(("1ABC123", 0.999, False), ("2XYZ", 0.999, False))
    assert read(network, WIDE, WIDE + 20) == [("1ABC123", Layout.ONE_LINE, 1), ("2XYZ", Layout.ONE_LINE, 1)]
    assert len(network.crops) == 2
    assert read(Told()) == []


def test_an_answer_that_is_not_sure_is_asked_for_again_with_other_margins() -> None:
    network = Told(("1A8", 0.6, False), ("1AB", 0.9, False), ("1AB", 0.9, False))
    assert read(network, WIDE) == [("1AB", Layout.ONE_LINE, 1 + len(MORE_MARGINS))]
    assert len({crop.tobytes() for crop in network.crops}) == 1  # a grey picture; what differs is the margin
    assert FIRST_MARGIN not in MORE_MARGINS


def test_an_unsure_plate_is_read_at_the_corners_of_another_look_too() -> None:
    asked = list[Quad]()

    def again(pixels: Pixels, corners: Quad) -> Quad | None:
        asked.append(corners)
        return corners + 5 if len(asked) == 1 else None

    unsure, surer = ("1A8", 0.6, False), ("1AB", 0.9, False)
    reader = PlateReader(cast(Network, Told(unsure, *[surer] * (2 * len(MORE_MARGINS) + 1))))
    (text,) = reader.read(PICTURE, [WIDE], again)
    assert (text.text, text.reads) == ("1AB", 2 * (1 + len(MORE_MARGINS)))
    unseen = PlateReader(cast(Network, Told(unsure, *[surer] * len(MORE_MARGINS))))
    assert unseen.read(PICTURE, [WIDE], again)[0].reads == 1 + len(MORE_MARGINS)
    sure = PlateReader(cast(Network, Told(("1AB", 0.999, False))))
    assert sure.read(PICTURE, [WIDE], again)[0].reads == 1
    assert len(asked) == 2


def test_the_likelier_text_over_all_crops_wins_and_not_the_more_frequent() -> None:
    network = Told(("1A8", 0.94, False), ("1AB", 0.55, False), ("1AB", 0.55, False))
    assert read(network, WIDE)[0][0] == "1A8"


def test_a_plate_that_is_nearly_square_is_cut_in_two() -> None:
    assert read(Told(("1ABC123", 0.999, True)), SQUARE) == [("1ABC123", Layout.TWO_LINES, 1)]


@pytest.mark.parametrize(("quad", "as_cut"), [(SQUARE, Layout.TWO_LINES), (WIDE, Layout.ONE_LINE)])
def test_a_plate_that_looks_cut_the_wrong_way_is_cut_the_other_way(quad: Quad, as_cut: Layout) -> None:
    other = Layout.ONE_LINE if as_cut is Layout.TWO_LINES else Layout.TWO_LINES
    sees_two = other is Layout.TWO_LINES
    better = Told(("8", 0.9, sees_two), ("1ABC123", 0.999, sees_two))
    assert read(better, quad) == [("1ABC123", other, 1)]
    worse = Told(("1ABC123", 0.999, sees_two), ("8", 0.5, not sees_two), *[("1ABC123", 0.999, sees_two)] * 2)
    assert read(worse, quad)[0][:2] == ("1ABC123", as_cut)


def test_what_shows_no_text_is_empty_and_has_no_positions() -> None:
    (text,) = PlateReader(cast(Network, Told(("", 1.0, False)))).read(PICTURE, [WIDE])
    assert (text.text, text.positions) == ("", ())


def test_each_place_has_its_alternatives_with_the_text_first() -> None:
    (text,) = PlateReader(cast(Network, Told(*[("1AB", 0.7, False)] * 3))).read(PICTURE, [WIDE])
    assert [position[0].character for position in text.positions] == list("1AB")
    assert [position[1].character for position in text.positions] == list("2BC")
    for position in text.positions:
        assert position[0].probability == pytest.approx(0.7, abs=0.01)
        assert sum(choice.probability for choice in position) <= 1.001
    assert text.countries[0].country == "BE"
    assert text.countries[0].probability > 0.99


def test_the_probability_goes_through_the_curve_and_the_temperature() -> None:
    network = Told(("1AB", 0.999, False), fitted=Fitted(1.0, Isotonic((0.0, 1.0), (0.0, 0.5))))
    (text,) = PlateReader(cast(Network, network)).read(PICTURE, [WIDE])
    assert text.probability == pytest.approx(text.given / 2)
    softened = Told(*[("1AB", 0.999, False)] * 3, fitted=Fitted(4.0))
    (softer,) = PlateReader(cast(Network, softened)).read(PICTURE, [WIDE])
    assert softer.given < text.given


def test_the_aspect_is_width_to_height() -> None:
    assert aspect(WIDE) == pytest.approx(5)
    assert aspect(np.roll(WIDE, 1, axis=0)) == pytest.approx(0.2)  # begun at another corner
