"""Small valid pictures of every kind, and hostile ones made of them."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from services.common.marker import MarkedPlate, draw_marker
from tests.fuzz import bytewise

TEXT = "1FUZ217"
OTHER_TEXT = "1FUZ903"  # in no case
MIB = 1 << 20


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


@cache
def frame(text: str = TEXT) -> bytes:
    """A JPEG in whose marker one plate stands: what recognition's stand-in reads."""
    plate = MarkedPlate(text, "BE", (40, 20, 120, 30), ((40, 20), (160, 20), (160, 50), (40, 50)))
    ground = np.random.default_rng(5).integers(60, 190, (96, 288, 3), dtype=np.uint8)
    return saved(Image.fromarray(draw_marker(ground, [plate])[:, :, ::-1].copy()), "JPEG", quality=92)


@cache
def samples() -> tuple[bytes, ...]:
    """Valid ones."""
    noise = np.random.default_rng(7).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    exif = Image.Exif()
    exif[0x0112] = 6
    others = [image.convert(mode) for mode in ("L", "LA", "RGBA", "1")]
    deep = Image.fromarray(noise[:, :, 0].astype(np.uint16) * 257)
    return (
        frame(),
        saved(image, "JPEG"),
        saved(image, "JPEG", progressive=True),
        saved(image, "JPEG", exif=exif, comment=b"c" * 50),
        saved(image.convert("CMYK"), "JPEG"),
        saved(image.convert("L"), "JPEG", restart_marker_blocks=1),
        saved(image, "PNG", exif=exif),
        saved(image.quantize(8), "PNG"),
        saved(deep, "PNG"),
        saved(image, "WEBP"),
        saved(image, "WEBP", lossless=True, exif=exif),
        saved(image, "BMP"),
        saved(image.quantize(8), "BMP"),
        *(saved(other, "PNG") for other in others),
        *(
            saved(image, "TIFF", compression=name)
            for name in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
        ),
        saved(image, "TIFF", exif=exif),
        saved(deep, "TIFF"),
        saved(image, "GIF"),
    )


def _huge_jpeg(dice: Random) -> bytes:
    """The size in the header is another one than that of the pixels."""
    content = bytearray(dice.choice(samples()[:6]))
    place = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2"))
    side = dice.choice((0, 1, 8000, 65_500, 65_535))
    content[place + 5 : place + 9] = struct.pack(">HH", side, dice.choice((0, 1, 5000, 65_535)))
    return bytes(content)


def _png(
    width: int, height: int, rows: bytes, *before: bytes, depth: int = 8, colour: int = 2, interlaced: int = 0
) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    chunks = (header, *before, b"IDAT" + zlib.compress(rows), b"IEND")
    framed = (struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def _odd_png(dice: Random) -> bytes:
    side = dice.choice((0, 1, 7, 6000, 30_000, 65_536, 2**31 - 1))
    depth, colour = dice.choice((1, 2, 4, 8, 16)), dice.choice((0, 2, 3, 4, 6))
    return _png(
        side, dice.choice((1, 3, 6000, 2**31 - 1)), bytes(500), depth=depth, colour=colour, interlaced=dice.randrange(2)
    )


@cache
def _bomb() -> bytes:
    return _png(8, 8, b"\0" * 25 * 8, b"zTXt" + b"k\0\0" + zlib.compress(bytes(30 * MIB)))


def _bombs(dice: Random) -> bytes:
    if dice.randrange(2):
        return _bomb()
    return _png(6000, 6000, bytes(dice.choice((0, 6000, 18_001 * 40))))  # far fewer rows than announced


def _parts(dice: Random) -> bytes:
    """Countless empty segments or chunks."""
    count = dice.choice((10, 900, 1100, 20_000))
    if dice.randrange(2):
        content = samples()[1]
        return content[:2] + b"\xff\xe5\0\2" * count + content[2:]
    return _png(8, 8, bytes(25 * 8), *[b"prVt"] * count)


def _scans(dice: Random) -> bytes:
    content = samples()[2]
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * dice.choice((1, 40, 100)) + content[-2:]


def _tags(dice: Random) -> bytes:
    """Tags that point to each other, to themselves, to the end of the world, and many of them."""
    count = dice.choice((1, 20, 600))
    kinds = dice.choices(range(14), k=count)
    tags = sorted(
        dice.choice((254, 256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 322, 324, 34_665, 34_853, 700))
        for _ in kinds
    )
    entries = (
        struct.pack("<HHLL", tag, kind, dice.choice((0, 1, 2, 40, 2**31)), dice.choice((0, 1, 8, 64, 2**31)))
        for tag, kind in zip(tags, kinds, strict=True)
    )
    table = struct.pack("<H", count) + b"".join(entries) + struct.pack("<L", dice.choice((0, 8)))
    tiff = b"II*\0" + struct.pack("<L", 8) + table
    if dice.randrange(2):
        return tiff
    content, exif = samples()[1], (b"Exif\0\0" + tiff)[:65_000]
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + content[2:]


def _large(dice: Random) -> bytes:
    """At and beyond the greatest size."""
    size = dice.choice((MIB, 16 * MIB - 1, 16 * MIB, 16 * MIB + 1, 17 * MIB - 70_000))
    return dice.choice(samples()).ljust(size, b"\0")


def _tail(dice: Random) -> bytes:
    return dice.choice(samples()) + dice.choice(samples())


HOSTILE: tuple[Callable[[Random], bytes], ...] = (_huge_jpeg, _odd_png, _scans, _tags, _tail, _parts)
COSTLY: tuple[Callable[[Random], bytes], ...] = (_bombs, _large)


def any_picture(dice: Random) -> bytes:
    """Valid, with bytes changed, hostile, or no picture at all."""
    choice = dice.randrange(1000)
    if choice < 5:
        return dice.choice(COSTLY)(dice)
    if choice < 150:
        return dice.choice(HOSTILE)(dice)
    if choice < 180:
        return dice.randbytes(dice.randrange(100))
    if choice < 200:
        return dice.choice(samples())
    return bytewise.mutate(dice, dice.choice(samples()), samples(), most=4 * MIB)
