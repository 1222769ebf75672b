"""What costs a decoder a step each is counted first, and stays bounded."""

import io
import struct
import warnings
import zlib

import pytest
from hypothesis import given
from hypothesis.strategies import binary, sampled_from
from PIL import Image

from services.common import parts, picture
from services.common.picture import PictureUnreadable
from services.common.raster import MEDIA_TYPES


def saved(kind: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (16, 8), "red").save(content, kind)
    return content.getvalue()


def jpeg(segments: bytes) -> bytes:
    whole = saved("JPEG")
    return whole[:2] + segments + whole[2:]


def png(chunks: int) -> bytes:
    empty = struct.pack(">I", 0) + b"prVt" + struct.pack(">I", zlib.crc32(b"prVt"))
    whole = saved("PNG")
    return whole[:33] + empty * chunks + whole[33:]


def tiff(width: int, height: int, *, tags: int = 0) -> bytes:
    """Grey, in tiles of one pixel which all lie at the same place, behind tags that mean nothing."""
    count = width * height
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]
    entries += [(322, 4, 1, 1), (323, 4, 1, 1), (324, 4, count, 8), (325, 4, count, 8 + 4 * count)]
    entries += [(1000 + number, 1, 1 << 30, 8) for number in range(tags)]
    body = struct.pack("<L", 8) * count + struct.pack("<L", 1) * count
    table = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHLL", *entry) for entry in entries) + bytes(4)
    return b"II*\0" + struct.pack("<L", 8 + len(body)) + body + table


@pytest.mark.parametrize(
    "content",
    [
        jpeg(b"\xff\xe5\0\2" * 1100),
        jpeg(b"\xff" * 1100),
        jpeg(b"\xff\xe5\0\2" + b"j" * 1100),
        jpeg(b"\xff\xd0" * 1100),
        png(16_400),
        tiff(400, 200),
    ],
    ids=["segments", "padding", "junk", "restarts", "chunks", "tiles"],
)
def test_a_picture_of_countless_parts_is_refused(content: bytes) -> None:
    for look in (picture.inspect, picture.verify, picture.decode):
        with pytest.raises(PictureUnreadable, match="too many parts"):
            look(content)


@pytest.mark.parametrize("content", [jpeg(b"\xff\xe5\0\2" * 900), png(16_000), tiff(50, 50)])
def test_a_picture_of_many_parts_is_taken(content: bytes) -> None:
    assert picture.verify(content).size_bytes == len(content)


@pytest.mark.parametrize("compression", [1, 2])
def test_a_bmp_of_run_lengths_is_refused(compression: int) -> None:
    content = bytearray(saved("BMP"))
    content[30] = compression
    with pytest.raises(PictureUnreadable, match="run lengths"):
        picture.inspect(bytes(content))


def test_odd_tags_leave_nothing_behind_in_the_process() -> None:
    """Outside of pytest a warning is shown and kept; here it would be an error, as all are."""
    with warnings.catch_warnings(record=True) as shown:
        warnings.filterwarnings("ignore", module=r"PIL\.")
        assert picture.inspect(tiff(4, 4, tags=200)).width_px == 4
    assert not shown


# Bytes that a part takes at least, and how many parts it can say that it is: a TIFF's tag names up to 2**32 - 1 strips.
LEAST = {"JPEG": (1, 1), "PNG": (12, 1), "TIFF": (12, 1 << 32)}


@given(kind=sampled_from(sorted(MEDIA_TYPES)), content=binary(max_size=300))
def test_no_more_parts_are_counted_than_fit_into_the_bytes(kind: str, content: bytes) -> None:
    takes, is_up_to = LEAST.get(kind, (1, 0))
    assert 0 <= parts.count(content, kind) <= len(content) // takes * is_up_to
