"""Encoded pictures to pixels, for processes that have Pillow and numpy and nothing else of this suite.

`services.common.picture` is the same with refusals. Size and pixel count come from the header, before anything is
decoded: a picture that is too large costs no memory.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from services.common import parts

MAX_BYTES = 16 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE_PX = 65_535
# A progressive JPEG has about ten scans. Thousands of them are a way to keep a decoder busy for minutes.
MAX_JPEG_SCANS = 64
BMP_RUN_LENGTHS = (b"\1\0\0\0", b"\2\0\0\0")
PNG_END = b"IEND\xaeB`\x82"
ORIENTATION = 0x0112
GREY_16 = frozenset({"I;16", "I;16B", "I;16L", "I;16N"})
COLOUR = frozenset({"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr"})
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "BMP": "image/bmp", "TIFF": "image/tiff"}
# What Pillow is seen to raise on damaged files.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    EOFError,
    struct.error,
    zlib.error,
    UserWarning,  # where warnings are errors
)

# The limits of this module replace Pillow's, which only warns between one and two times its own.
Image.MAX_IMAGE_PIXELS = None
# Pillow warns of every odd tag in words of its own, and Python keeps each text that it has shown: one TIFF has 65,535 of them.
warnings.filterwarnings("ignore", module=r"PIL\.")

Pixels = NDArray[np.uint8]


class Unreadable(ValueError):
    """The bytes are no picture that can be decoded whole."""


class TooLarge(ValueError):
    """Too many bytes or pixels."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may cost."""

    size_bytes: int = MAX_BYTES
    pixels: int = MAX_PIXELS


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says. Width and height are those of the picture the right way up, as `decode` returns it."""

    media_type: str
    width_px: int
    height_px: int
    size_bytes: int


DEFAULT_LIMITS = Limits()


def inspect(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Header:
    """The header of a JPEG, PNG, WebP, BMP or TIFF picture. Decodes nothing. Raises Unreadable or TooLarge."""
    with _opened(content, limits) as image:
        name = _sniff(content)
        width, height = image.size
        # Pillow has turned the size of a TIFF already.
        is_on_its_side = name != "TIFF" and _orientation(image) in (5, 6, 7, 8)
    if is_on_its_side:
        width, height = height, width
    return Header(MEDIA_TYPES[name], width, height, len(content))


def decode(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Pixels:
    """The first frame as BGR, uint8, height x width x 3, contiguous, the right way up. Raises Unreadable or TooLarge."""
    with _opened(content, limits) as image:
        try:
            image.load()
            return _bgr(image)
        except DAMAGE as cause:
            raise Unreadable("the picture is damaged or truncated") from cause


def verify(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Header:
    """The header of a picture whose pixels can all be decoded, without handing them out. Raises Unreadable or TooLarge."""
    header = inspect(content, limits)
    with _opened(content, limits) as image:
        try:
            image.load()
        except DAMAGE as cause:
            raise Unreadable("the picture is damaged or truncated") from cause
        if image.mode not in GREY_16 and image.mode not in COLOUR:
            raise Unreadable(f"pixels of kind {image.mode} are not supported")
    return header


def _opened(content: bytes, limits: Limits) -> Image.Image:
    if len(content) > limits.size_bytes:
        raise TooLarge(f"the picture has more than {limits.size_bytes} bytes")
    name = _sniff(content)
    if name == "WEBP":  # Pillow would allocate the whole canvas when it opens one
        _verify_area(_webp_size(content), limits)
    if name == "PNG" and PNG_END not in content:
        raise Unreadable("the PNG is truncated")
    if name == "JPEG" and content.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise Unreadable("the JPEG has too many scans")
    if name == "BMP" and content[30:34] in BMP_RUN_LENGTHS:  # Pillow would unpack them in Python, pixel by pixel
        raise Unreadable("a BMP of run lengths is not supported")
    if parts.count(content, name) > parts.MOST.get(name, 0):
        raise Unreadable("the picture has too many parts")
    try:
        image = Image.open(io.BytesIO(content), formats=[name])
    except DAMAGE as cause:
        raise Unreadable("the header of the picture is damaged") from cause
    _verify_area(image.size, limits)
    return image


def _verify_area(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise Unreadable("the picture has no pixels")
    if width * height > limits.pixels or max(size) > MAX_SIDE_PX:
        raise TooLarge(f"the picture has more than {limits.pixels} pixels, or a side over {MAX_SIDE_PX}")


def _sniff(content: bytes) -> str:
    if not content:
        raise Unreadable("the picture is empty")
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    if content.startswith((b"II*\0", b"MM\0*")):
        return "TIFF"
    if content.startswith(b"BM"):
        return "BMP"
    raise Unreadable("not a JPEG, PNG, WebP, BMP or TIFF picture")


def _webp_size(content: bytes) -> tuple[int, int]:
    """Canvas size by the WebP container specification, RFC 9649 sections 2.5 to 2.7."""
    if len(content) < 30:
        raise Unreadable("the header of the picture is truncated")
    kind = content[12:16]
    if kind == b"VP8X":
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise Unreadable("the header of the picture is damaged")


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8. Damaged EXIF counts as none: the pixels are still good."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except DAMAGE:
        return 1
    return value if value in range(1, 9) else 1


def _bgr(image: Image.Image) -> Pixels:
    if image.mode in GREY_16:
        image = Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    elif image.mode not in COLOUR:
        raise Unreadable(f"pixels of kind {image.mode} are not supported")
    orientation = _orientation(image)
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    image = image.convert("RGB")
    if orientation != 1:
        image.getexif()[ORIENTATION] = orientation
        image = ImageOps.exif_transpose(image)
    width, height = image.size
    # Pillow's own raw encoder swaps the channels three times faster than a copy through a reversed view.
    return np.frombuffer(bytearray(image.tobytes("raw", "BGR")), np.uint8).reshape(height, width, 3)
