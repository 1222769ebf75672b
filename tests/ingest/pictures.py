"""Pictures for these tests; none shows a plate."""

import io
import struct
import zlib

from PIL import Image


def jpeg(number: int = 90, size: tuple[int, int] = (64, 48)) -> bytes:
    """A small valid JPEG; another number makes other bytes."""
    out = io.BytesIO()
    Image.new("RGB", size, (90, 60, 30)).save(out, "JPEG", comment=f"number {number}")
    return out.getvalue()


def truncated() -> bytes:
    """A JPEG that ends half-way."""
    whole = jpeg(size=(320, 240))
    return whole[: len(whole) * 2 // 3]


def bomb() -> bytes:
    """A PNG of a few bytes whose header promises 900 megapixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
