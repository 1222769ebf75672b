"""Encoded pictures to pixels, for processes that have Pillow and numpy and nothing else of this suite.

`services.common.picture` is the same with refusals. Size and pixel count come from the header, before anything is
decoded: a picture that is too large costs no memory.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from services.common import jpeg, parts

MAX_BYTES = 16 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE_PX = 65_535
# A progressive JPEG has about ten scans. Thousands of them are a way to keep a decoder busy for minutes.
MAX_JPEG_SCANS = 64
BMP_RUN_LENGTHS = (b"\1\0\0\0", b"\2\0\0\0")
PNG_END = b"IEND\xaeB`\x82"
ORIENTATION = 0x0112
# Where Pillow finds it in a PNG: in a chunk of its own, or behind the keyword of a text.
PNG_EXIF_MARKS = (b"eXIf", b"exif\0", b"xmp\0")
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
# One pixel for so many, across and down.
Reduction = Literal[1, 2, 4]


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
        return _header(image, content)


def decode(content: bytes, limits: Limits = DEFAULT_LIMITS, reduction: Reduction = 1) -> Pixels:
    """The first frame as BGR, uint8, height x width x 3, contiguous, the right way up. Raises Unreadable or TooLarge.

    Reduced, each side is that of the picture by `reduction`, rounded up. A JPEG is decoded at that size to begin with,
    which costs a quarter of the time and finds the same damage.
    """
    with _opened(content, limits) as image:
        try:
            left = _drafted(image, reduction)
            image.load()
            return _bgr(image, left)
        except DAMAGE as cause:
            raise Unreadable("the picture is damaged or truncated") from cause


class Picture:
    """A picture of which more is decoded when someone asks for it, and nothing twice."""

    def __init__(self, content: bytes, limits: Limits = DEFAULT_LIMITS) -> None:
        """Looks at the header only. Raises Unreadable or TooLarge."""
        with _opened(content, limits) as image:
            header = _header(image, content)
            is_upright = image.mode in ("RGB", "L") and _orientation(image) == 1
        self._is_jpeg = header.media_type == MEDIA_TYPES["JPEG"]
        self._is_plain = self._is_jpeg and is_upright and jpeg.is_plain(content)
        self.width_px, self.height_px = header.width_px, header.height_px
        self._content, self._limits = content, limits
        self._decoded: dict[int, Pixels] = {}

    @classmethod
    def of(cls, pixels: Pixels) -> "Picture":
        """A picture that has been decoded: BGR, uint8, height x width x 3."""
        picture = cls.__new__(cls)
        picture.height_px, picture.width_px = pixels.shape[:2]
        picture._is_jpeg = picture._is_plain = False
        picture._content, picture._limits = b"", DEFAULT_LIMITS
        picture._decoded = {1: pixels}
        return picture

    def pixels(self, reduction: Reduction = 1) -> Pixels:
        """BGR, uint8, contiguous; each side is that of the picture by `reduction`, rounded up. Raises Unreadable."""
        found = self._decoded.get(reduction)
        if found is None:
            found = self._decoded[reduction] = self._made(reduction)
        return found

    def _made(self, reduction: Reduction) -> Pixels:
        if reduction > 1 and (1 in self._decoded or not self._is_jpeg):
            return np.array(Image.fromarray(self.pixels()).reduce(reduction))
        if self._is_plain:
            size = -(-self.height_px // reduction), -(-self.width_px // reduction), 3
            pixels = _by_opencv(self._content, reduction)
            if pixels is not None and pixels.shape == size:
                return pixels
        return decode(self._content, self._limits, reduction)


def verify(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Header:
    """The header of a picture whose pixels can all be decoded, without handing them out. Raises Unreadable or TooLarge."""
    with _opened(content, limits) as image:
        try:
            image.load()
        except DAMAGE as cause:
            raise Unreadable("the picture is damaged or truncated") from cause
        if image.mode not in GREY_16 and image.mode not in COLOUR:
            raise Unreadable(f"pixels of kind {image.mode} are not supported")
        return _header(image, content)


def _header(image: Image.Image, content: bytes) -> Header:
    name = _sniff(content)
    width, height = image.size
    if _may_be_turned(name, content) and _orientation(image) in (5, 6, 7, 8):
        width, height = height, width
    return Header(MEDIA_TYPES[name], width, height, len(content))


def _may_be_turned(name: str, content: bytes) -> bool:
    """Pillow has turned the size of a TIFF already. To look for EXIF behind the pixels it would decode a PNG as a whole."""
    return any(mark in content for mark in PNG_EXIF_MARKS) if name == "PNG" else name != "TIFF"


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


def _by_opencv(content: bytes, reduction: Reduction) -> Pixels | None:
    """A plain JPEG in two thirds of Pillow's time, where OpenCV is installed; None when it cannot be decoded.

    Only for plain ones, and neither turned nor of four colours: OpenCV hands out what there is of a truncated one.
    """
    try:
        import cv2  # noqa: PLC0415 - not every process that decodes pictures has it
    except ImportError:
        return None
    sizes = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), sizes[reduction] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    return None if pixels is None else np.asarray(pixels, np.uint8)


def _drafted(image: Image.Image, reduction: Reduction) -> int:
    """Has a JPEG decoded at a smaller size; the reduction that is left to do, which decoders leave at the smallest pictures."""
    width, height = image.size
    # Its last pixels may stand for less than the others. Turned they come first, and all others are out of their places.
    may_be_cut = (width % reduction, height % reduction) != (0, 0) and _orientation(image) != 1
    if reduction > 1 and image.format == "JPEG" and not may_be_cut:
        image.draft(None, (max(1, width // reduction), max(1, height // reduction)))
    done = next(by for by in (4, 2, 1) if image.size == (-(-width // by), -(-height // by)))
    return max(1, reduction // done)


def _bgr(image: Image.Image, reduction: int = 1) -> Pixels:
    orientation = _orientation(image)  # of the file, before the image is exchanged for another one
    if image.mode in GREY_16:
        image = Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    elif image.mode not in COLOUR:
        raise Unreadable(f"pixels of kind {image.mode} are not supported")
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    if image.mode != "RGB":
        image = image.convert("RGB")
    if orientation != 1:
        image.getexif()[ORIENTATION] = orientation
        image = ImageOps.exif_transpose(image)
    if reduction > 1:
        image = image.reduce(reduction)
    width, height = image.size
    # Pillow's own raw encoder swaps the channels three times faster than a copy through a reversed view.
    return np.frombuffer(bytearray(image.tobytes("raw", "BGR")), np.uint8).reshape(height, width, 3)
