"""How many parts the file of a picture has, counted before a decoder walks them one by one.

Pillow reads the headers of JPEG, PNG and TIFF in Python, some microseconds a part. A file of the greatest size holds millions of
empty ones: that is a way to keep a process busy for a minute, and a thread that parses holds up all others.
"""

import struct

JPEG_FILLERS = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})  # markers without a length
START_OF_SCAN = 0xDA
TIFF_STRIPS, TIFF_TILES = 273, 324

# What cameras write has tens; a PNG may be cut into pieces of 4 KiB, and a TIFF into a strip a row.
MOST = {"JPEG": 1024, "PNG": 16_384, "TIFF": 65_536}


def count(content: bytes, kind: str) -> int:
    """Segments before the first scan of a JPEG, chunks of a PNG, tags, strips and tiles of a TIFF; 0 for other kinds.

    Stops beyond MOST of its kind, and at the first part that is damaged: that is for the decoder to say.
    """
    counters = {"JPEG": _jpeg_segments, "PNG": _png_chunks, "TIFF": _tiff_pieces}
    return counters[kind](content, MOST[kind]) if kind in counters else 0


def _jpeg_segments(content: bytes, most: int) -> int:
    place, found = 2, 0
    while place + 4 <= len(content) and found <= most:
        found += 1
        marker = content[place + 1]
        if content[place] != 0xFF or marker == 0xFF:
            place += 1  # junk and padding are skipped byte by byte
        elif marker in JPEG_FILLERS:
            place += 2
        elif marker == START_OF_SCAN:
            break
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return found


def _png_chunks(content: bytes, most: int) -> int:
    place, found = 8, 0
    while place + 12 <= len(content) and found <= most:
        found += 1
        place += 12 + int.from_bytes(content[place : place + 4], "big")
    return found


def _tiff_pieces(content: bytes, _most: int) -> int:
    order = "<" if content.startswith(b"II") else ">"
    try:
        place: int = struct.unpack_from(f"{order}L", content, 4)[0]
        found: int = struct.unpack_from(f"{order}H", content, place)[0]
        tags = [struct.unpack_from(f"{order}HHL", content, place + 2 + 12 * tag) for tag in range(found)]
    except struct.error:
        return 0
    pieces: int = sum(length for tag, _, length in tags if tag in (TIFF_STRIPS, TIFF_TILES))
    return found + pieces
