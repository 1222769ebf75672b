"""Protobuf to domain and back."""

import re

from anpr.common.v1 import plate_pb2
from anpr.recognition.v1 import recognition_pb2 as pb

from services.common.errors import Invalid, Refusal
from services.recognition.engine import EngineIdentity
from services.recognition.reading import Colour, Layout, PlateReading, Position
from services.recognition.recognizer import Recognition

COUNTRY = re.compile(r"[A-Z]{2}")
MAX_PICTURE_ID_CHARACTERS = 128
COLOURS = {
    Colour.UNKNOWN: plate_pb2.PLATE_COLOUR_UNSPECIFIED,
    Colour.RED_ON_WHITE: plate_pb2.PLATE_COLOUR_RED_ON_WHITE,
    Colour.BLACK_ON_WHITE: plate_pb2.PLATE_COLOUR_BLACK_ON_WHITE,
    Colour.BLACK_ON_YELLOW: plate_pb2.PLATE_COLOUR_BLACK_ON_YELLOW,
    Colour.GREEN_ON_WHITE: plate_pb2.PLATE_COLOUR_GREEN_ON_WHITE,
    Colour.WHITE_ON_RED: plate_pb2.PLATE_COLOUR_WHITE_ON_RED,
    Colour.BLUE_ON_WHITE: plate_pb2.PLATE_COLOUR_BLUE_ON_WHITE,
    Colour.OTHER: plate_pb2.PLATE_COLOUR_OTHER,
}
LAYOUTS = {
    Layout.UNKNOWN: plate_pb2.PLATE_LAYOUT_UNSPECIFIED,
    Layout.ONE_LINE: plate_pb2.PLATE_LAYOUT_ONE_LINE,
    Layout.TWO_LINES: plate_pb2.PLATE_LAYOUT_TWO_LINES,
}


def decode_picture(request: pb.RecognizeRequest) -> tuple[bytes, str]:
    """The picture's bytes and the country hint. Raises Invalid naming the field."""
    if not request.picture:
        raise Invalid("picture is missing", field="picture")
    if request.country_hint and not COUNTRY.fullmatch(request.country_hint):
        raise Invalid("country_hint is not an ISO 3166-1 alpha-2 code", field="country_hint")
    return request.picture, request.country_hint


def decode_picture_id(request: pb.RecognizeStreamRequest) -> str:
    """The name of a picture in a stream. Raises Invalid naming the field."""
    if not 1 <= len(request.picture_id) <= MAX_PICTURE_ID_CHARACTERS:
        words = f"picture_id has 1 to {MAX_PICTURE_ID_CHARACTERS} characters"
        raise Invalid(words, field="picture_id")
    return request.picture_id


def encode_recognition(recognition: Recognition) -> pb.RecognizeResponse:
    """The answer for one picture."""
    return pb.RecognizeResponse(
        plates=[encode_plate(reading) for reading in recognition.plates],
        engine=encode_engine(recognition.engine),
        width_px=recognition.width_px,
        height_px=recognition.height_px,
    )


def encode_streamed(picture_id: str, recognition: Recognition) -> pb.RecognizeStreamResponse:
    """The answer for one picture of a stream."""
    return pb.RecognizeStreamResponse(picture_id=picture_id, response=encode_recognition(recognition))


def encode_refused(picture_id: str, refusal: Refusal) -> pb.RecognizeStreamResponse:
    """The refusal of one picture of a stream."""
    return pb.RecognizeStreamResponse(picture_id=picture_id, refusal=refusal.reason)


def encode_models(engines: tuple[EngineIdentity, ...], warm_workers: int) -> pb.GetModelsResponse:
    """The engines in use."""
    return pb.GetModelsResponse(engines=[encode_engine(engine) for engine in engines], warm_workers=warm_workers)


def encode_engine(engine: EngineIdentity) -> plate_pb2.Engine:
    """The engine that read."""
    return plate_pb2.Engine(name=engine.name, version=engine.version, model_sha256=engine.model_sha256)


def encode_plate(reading: PlateReading) -> plate_pb2.Plate:
    """One plate."""
    box = reading.box
    return plate_pb2.Plate(
        raw=reading.raw,
        text=reading.text,
        characters=[_encode_position(position) for position in reading.characters],
        countries=[
            plate_pb2.CountryCandidate(country_code=candidate.country, series=candidate.series, prior=candidate.prior)
            for candidate in reading.candidates
        ],
        confidence=reading.confidence,
        box=plate_pb2.Box(x=box.x, y=box.y, width=box.width, height=box.height),
        corners=[plate_pb2.Point(x=x, y=y) for x, y in reading.corners],
        colour=COLOURS[reading.colour],
        layout=LAYOUTS[reading.layout],
        unknown_format=reading.is_unknown_format,
    )


def _encode_position(position: Position) -> plate_pb2.CharacterPosition:
    return plate_pb2.CharacterPosition(
        choices=[
            plate_pb2.CharacterChoice(character=choice.character, probability=choice.probability) for choice in position
        ]
    )
