"""Street frames with drawn plates, in every kind of file and state, for the engine as a worker runs it."""

from functools import cache
from random import Random

import numpy as np
from PIL import Image

from services.recognition import environment, pipe, worker
from services.recognition.engine import Engine
from services.recognition.engine_networks import NetworksEngine
from services.recognition.network import Network
from services.recognition.reading import Seen
from tests.fuzz import bytewise, pictures
from tests.fuzz.probe import Probe, claim
from tests.recognition.drawing import Drawn, frame

TEXT = "1ABC234"
# How to turn a picture so that it is right again when the EXIF orientation is obeyed.
TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
UNTOUCHED, CHANGED = b"=", b"!"
KINDS = ("JPEG", "JPEG", "JPEG", "PNG", "TIFF", "WEBP", "BMP")


def probes() -> tuple[Probe, ...]:
    """The engine on what stays whole, which it must read, and on what does not."""
    return (Probe("picture/engine", _case, _read, weight=15),)


def _case(dice: Random) -> bytes:
    """The first byte says whether the rest is a picture that must be read."""
    choice = dice.randrange(100)
    if choice < 25:
        return CHANGED + pictures.any_picture(dice)
    whole = _whole(dice)
    if choice < 40:
        return UNTOUCHED + whole
    if choice < 60:
        return CHANGED + whole[: dice.randrange(len(whole))]
    return CHANGED + bytewise.mutate(dice, whole, most=4 * pictures.MIB)


def _whole(dice: Random) -> bytes:
    """A frame of an odd size with one plate, turned, of any kind of pixels and file."""
    image = _street(dice.randrange(6))
    crop = (dice.randrange(8), dice.randrange(8), image.width - dice.randrange(8), image.height - dice.randrange(8))
    image = image.crop(crop)
    kind = dice.choice(KINDS)
    is_animated = kind in ("PNG", "TIFF", "WEBP") and not dice.randrange(4)
    options: dict[str, object] = {"save_all": True, "append_images": [image.rotate(180)]} if is_animated else {}
    if kind in ("JPEG", "PNG", "TIFF"):
        orientation = dice.randrange(1, 9)
        turn = TURNS[orientation]
        image = image.transpose(turn) if turn is not None else image
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    if kind == "JPEG":
        options |= {"quality": dice.randrange(70, 96), "progressive": bool(dice.randrange(2))}
    return pictures.saved(image if is_animated else _of_pixels(dice, image, kind), kind, **options)


def _of_pixels(dice: Random, image: Image.Image, kind: str) -> Image.Image:
    """Grey, CMYK, with transparency, of few colours, 16 bits deep."""
    modes = {
        "JPEG": ("RGB", "L", "CMYK"),
        "PNG": ("RGB", "L", "RGBA", "P", "I;16"),
        "TIFF": ("RGB", "L", "CMYK", "I;16"),
    }
    mode = dice.choice(modes.get(kind, ("RGB",)))
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    return image.quantize(128) if mode == "P" else image.convert(mode)


@cache
def _street(number: int) -> Image.Image:
    """One of a few, small so that thousands take minutes."""
    drawn = Drawn(("1-ABC-234",), 180 + 20 * number, 170 + 6 * number, height=34 + 4 * number)
    return frame(drawn, size=(640 + 32 * number, 360 + 30 * number))


@cache
def _engine() -> Engine:
    detector, reader = map(Network, environment.model_files(environment.MODELS))
    return NetworksEngine(detector, reader)


def _read(case: bytes) -> None:
    answer = worker.answer(_engine(), case[1:])
    claim(not isinstance(answer, pipe.Failed), f"the engine raised {answer}")
    claim(pipe.decode(pipe.encode(answer)) == answer, "the answer does not survive the pipe")
    if case[:1] == UNTOUCHED:
        claim(isinstance(answer, Seen), "a whole picture is refused")
        texts = [box.raw for box in answer.boxes] if isinstance(answer, Seen) else []
        claim(TEXT in texts, f"read as {texts}")
