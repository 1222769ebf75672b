"""Whether a JPEG is of the plain kind that cameras write, as far as its bytes tell without decoding it."""

import re

START_OF_SCAN, START_OF_IMAGE, END_OF_IMAGE = 0xDA, b"\xff\xd8", b"\xff\xd9"
# Within a scan 0xFF stands before a zero or a restart marker; otherwise it begins the next segment (ITU-T T.81, B.1.1).
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
WITHOUT_LENGTH = frozenset({0x00, 0x01, *range(0xD0, 0xDA), 0xFF})


def is_plain(content: bytes) -> bool:
    """Segments without junk between them, then one scan up to the end of the image: nothing is missing at its end."""
    place = _scan(content)
    found = NEXT_MARKER.search(content, place) if place else None
    return found is not None and found.group() == END_OF_IMAGE


def _scan(content: bytes) -> int:
    """Where the data of the first scan begins; 0 when the segments before it are not in order."""
    if not content.startswith(START_OF_IMAGE):
        return 0
    place = len(START_OF_IMAGE)
    while place + 4 <= len(content) and content[place] == 0xFF and content[place + 1] not in WITHOUT_LENGTH:
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4], "big")
        place += 2 + length
        if marker == START_OF_SCAN:
            return place
    return 0
