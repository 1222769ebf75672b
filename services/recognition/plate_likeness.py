"""Which of the texts in a picture are plates.

A text of a common format is one; a text of no known format is one when it mixes letters and digits in the shape of a
plate, and is kept marked as unknown. Words, telephone numbers, speed limits and house numbers are not. Short or
one-sided texts, which Belgium issues too (personalised, court, parliament), need the colours of their series.
"""

import re
from collections.abc import Iterable

from services.common.plate import PlateInvalid
from services.recognition import correction, formats, priors, quad, series
from services.recognition.correction import Spelling
from services.recognition.formats import Evidence, Examination
from services.recognition.joining import joined
from services.recognition.priors import BELGIAN_ROADS, CountryPrior
from services.recognition.reading import Colour, Layout, PlateReading, Seen, TextBox

MAX_RAW_CHARACTERS = 32
LEAST_HEIGHT_PX = 7.0
MOST_TILT_DEGREES = 40.0
# Width to height of the text, over all and per character.
ASPECT = {Layout.ONE_LINE: (1.2, 10.0), Layout.TWO_LINES: (0.7, 3.5), Layout.UNKNOWN: (0.7, 10.0)}
PITCH = (0.28, 1.3)
LEAST_CONFIDENCE, SHORT_CONFIDENCE = 0.15, 0.8
MIXED = re.compile(r"(?=(?:.*\d){2})(?=.*[A-ZÄÖÜ])[A-ZÄÖÜ0-9]{5,9}")
MOST_GROUPS = 4
LEAST_CHARACTERS, LEAST_CUT_CHARACTERS = 5, 6
# An engine that finds text encloses the text. Measured against the boxes around 145 plates of street frames: with this
# growth the mean overlap (intersection over union) is 0.79, without 0.75.
ACROSS, DOWN = 1.1, 1.05


def plates(seen: Seen, country: str = "", camera: CountryPrior = BELGIAN_ROADS) -> tuple[PlateReading, ...]:
    """The plates among what an engine saw, most confident first.

    country: where the camera stands, empty for Belgium; camera: how often plates of each country come by it.
    """
    found = [reading for box in joined(seen.boxes, country) for reading in _plate(box, seen, country, camera)]
    return tuple(sorted(found, key=lambda reading: -reading.confidence))


def _plate(box: TextBox, seen: Seen, country: str, camera: CountryPrior) -> Iterable[PlateReading]:
    """The one plate of a box, or none."""
    evidence = Evidence(box.colour, country, camera, box.countries)
    try:
        spelling = correction.likeliest(correction.as_read(box.raw, box.positions, box.probability), evidence)
    except PlateInvalid:
        return ()
    verdict = formats.examine(spelling.raw, evidence)
    corners = box.corners
    if not box.is_plate:
        is_cut, home = _is_cut(box, seen.width_px), country or priors.HOME
        if not (_has_shape(box, spelling) and _is_plate_text(box, spelling, verdict, is_cut=is_cut, home=home)):
            return ()
        corners = quad.grown(corners, across=ACROSS, down=DOWN)
    corners = quad.within(corners, seen.width_px, seen.height_px)
    reading = PlateReading(
        text=spelling.text,
        raw=box.raw[:MAX_RAW_CHARACTERS],
        country=verdict.country,
        candidates=verdict.candidates,
        confidence=spelling.probability,
        characters=spelling.positions,
        box=quad.enclosing(corners),
        corners=corners,
        colour=box.colour,
        layout=box.layout,
    )
    return (reading,)


def _has_shape(box: TextBox, spelling: Spelling) -> bool:
    width, height = quad.width(box.corners), quad.height(box.corners)
    if height < LEAST_HEIGHT_PX or quad.tilt_degrees(box.corners) > MOST_TILT_DEGREES:
        return False
    least, most = ASPECT[box.layout]
    pitch = width / height / len(spelling.text)
    return least <= width / height <= most and (box.layout is Layout.TWO_LINES or PITCH[0] <= pitch <= PITCH[1])


def _is_plate_text(box: TextBox, spelling: Spelling, verdict: Examination, *, is_cut: bool, home: str) -> bool:
    text, confidence = spelling.text, spelling.probability
    if len(text) < LEAST_CHARACTERS or text.isalpha() or text.isdigit():
        return confidence >= SHORT_CONFIDENCE and not is_cut and _has_colour_of_home(box.colour, verdict, home)
    small_letters = sum(character.islower() for character in box.raw)
    if formats.fits_strongly(text):
        return (
            confidence >= LEAST_CONFIDENCE and small_letters <= 1 and not (is_cut and len(text) < LEAST_CUT_CHARACTERS)
        )
    return confidence >= LEAST_CONFIDENCE and small_letters == 0 and _is_mixed(text)


def _is_cut(box: TextBox, width_px: int) -> bool:
    """The text runs to the left or right edge of the picture, so that more of it may lie outside."""
    margin = quad.height(box.corners) / 4
    across = [x for x, _ in box.corners]
    return min(across) < margin or max(across) > width_px - margin


def _has_colour_of_home(colour: Colour, verdict: Examination, home: str) -> bool:
    """Whether it fits a series of the country the camera stands in, and has the colours of that series."""
    fitting = {
        kind.code for kind in (*series.ALL, series.PERSONALISED) if kind.country == home and colour in kind.colours
    }
    return not fitting.isdisjoint(verdict.valid_series)


def _is_mixed(text: str) -> bool:
    return bool(MIXED.fullmatch(text)) and len(re.findall(r"\d+|\D+", text)) <= MOST_GROUPS
