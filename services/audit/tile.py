"""Tiles of the tree, 256 hashes wide (C2SP tlog-tiles): names, entry bundles, the growing right edge, proofs from tiles.

Tile (level, number) holds, at place i, the root of the perfect subtree over 256^level leaves that starts at leaf
(number * 256 + i) * 256^level. A tile is full with 256 hashes and never changes from then on.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.audit import merkle
from services.audit.merkle import HASH_BYTES, Range

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 63
ENTRIES = "entries"
MAX_ENTRY_BYTES = 0xFFFF

Place = tuple[int, int]
Tiles = Mapping[Place, bytes]
"""Hashes of tiles, one after another, by (level, number). A tile may hold more hashes than are asked for."""

_PATH = re.compile(r"tile/(0|[1-9][0-9]?|entries)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class TileInvalid(ValueError):
    """A name is no tile's name, or bytes are no tile or bundle."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Hashes of one tile, from its first on."""

    level: int
    number: int
    hashes: bytes

    @property
    def width(self) -> int:
        """Hashes in it, 1 to 256."""
        return len(self.hashes) // HASH_BYTES


def path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Name of a tile, or of a bundle when level is "entries", such as tile/0/x001/x234/067.p/12."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    name = f"tile/{level}/{'/'.join(reversed(groups))}"
    return name if width == WIDTH else f"{name}.p/{width}"


def parse_path(name: str) -> tuple[int | str, int, int]:
    """Level (or "entries"), number and width behind a name. Raises TileInvalid unless `path` would give exactly this name."""
    match = _PATH.fullmatch(name)
    if match is None:
        raise TileInvalid("the name is no tile's name")
    level = ENTRIES if match[1] == ENTRIES else int(match[1])
    number = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3]) if match[3] else WIDTH
    if path(level, number, width) != name or (level != ENTRIES and int(level) > MAX_LEVEL):
        raise TileInvalid("the name is no tile's name")
    return level, number, width


def width(level: int, number: int, size: int) -> int:
    """Hashes that this tile has in a tree of `size` leaves, 0 to 256."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - number * WIDTH))


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """An entry bundle: each entry after its length as two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> list[bytes]:
    """Entries of a bundle. Raises TileInvalid when bytes are missing or left over, or there are more than 256 entries."""
    entries: list[bytes] = []
    position = 0
    while position < len(data):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or position > len(data) or len(entries) == WIDTH:
            raise TileInvalid("the bytes are no entry bundle")
        entries.append(data[start:position])
    return entries


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: per level the hashes of the tile that is not full, empty ones included.

    It is all that is needed to grow the tree and to know its root.
    """

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ()

    def root(self) -> bytes:
        """Root of the tree."""
        rest: tuple[bytes, ...] = ()
        for hashes in self.levels:
            row = hashes + rest
            rest = (merkle.root(row),) if row else ()
        return rest[0] if rest else merkle.EMPTY_ROOT

    def extended(self, leaves: Sequence[bytes]) -> tuple["Edge", list[Tile]]:
        """The edge after more leaf hashes, and every tile that is new or has grown, whole."""
        tiles: list[Tile] = []
        levels: list[tuple[bytes, ...]] = []
        arriving, level = list(leaves), 0
        while arriving or level < len(self.levels):
            known = self.levels[level] if level < len(self.levels) else ()
            number = (self.size >> HEIGHT * level) // WIDTH
            row, rising = [*known, *arriving], []
            for start in range(0, len(row), WIDTH):
                hashes = row[start : start + WIDTH]
                if arriving:
                    tiles.append(Tile(level, number + start // WIDTH, b"".join(hashes)))
                if len(hashes) == WIDTH:
                    rising.append(merkle.root(hashes))
            levels.append(tuple(row[len(row) // WIDTH * WIDTH :]))
            arriving, level = rising, level + 1
        return Edge(self.size + len(leaves), tuple(levels)), tiles


def edge_places(size: int) -> list[Place]:
    """Tiles that hold the right edge of a tree of this size."""
    places, level = [], 0
    while size >> HEIGHT * level:
        number, partial = divmod(size >> HEIGHT * level, WIDTH)
        if partial:
            places.append((level, number))
        level += 1
    return places


def edge(size: int, tiles: Tiles) -> Edge:
    """The right edge from its tiles. Raises TileInvalid when one is missing or too short."""
    levels, level = [], 0
    while size >> HEIGHT * level:
        number, partial = divmod(size >> HEIGHT * level, WIDTH)
        levels.append(tuple(_hash(tiles, (level, number), place) for place in range(partial)))
        level += 1
    return Edge(size, tuple(levels))


def places(ranges: Iterable[Range]) -> set[Place]:
    """Tiles that are needed to compute the subtree hashes of these ranges."""
    return {_first(subtree)[0] for leaves in ranges for subtree in _subtrees(leaves)}


def hashes(ranges: Iterable[Range], tiles: Tiles) -> list[bytes]:
    """Subtree hashes of these leaf ranges: a proof, when the ranges are those of one. Raises TileInvalid for lack of tiles."""
    return [merkle.root_of_peaks([_subtree(subtree, tiles) for subtree in _subtrees(leaves)]) for leaves in ranges]


def root(size: int, tiles: Tiles) -> bytes:
    """Root of the tree of this size, which may be any up to that of the tiles."""
    return hashes([(0, size)], tiles)[0]


def perfect(start: int, end: int) -> list[Range]:
    """The ranges of the perfect subtrees, from the left, that make up a range which a proof may name."""
    return [(position << height, (position + 1) << height) for height, position in _subtrees((start, end))]


_Subtree = tuple[int, int]
"""A perfect subtree: its height, and its position among those of that height."""


def _subtrees(leaves: Range) -> list[_Subtree]:
    """The perfect subtrees, from the left, that make up a range which a proof may name."""
    start, end = leaves
    subtrees = []
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        subtrees.append((height, start >> height))
        start += 1 << height
    return subtrees


def _first(subtree: _Subtree) -> tuple[Place, int]:
    """Tile and place in it where the hashes below a subtree begin."""
    height, position = subtree
    index = position << height % HEIGHT
    return (height // HEIGHT, index // WIDTH), index % WIDTH


def _subtree(subtree: _Subtree, tiles: Tiles) -> bytes:
    place, first = _first(subtree)
    return merkle.root([_hash(tiles, place, first + i) for i in range(1 << subtree[0] % HEIGHT)])


def _hash(tiles: Tiles, place: Place, position: int) -> bytes:
    found = tiles.get(place, b"")[position * HASH_BYTES : (position + 1) * HASH_BYTES]
    if len(found) != HASH_BYTES:
        raise TileInvalid(f"tile {place[1]} of level {place[0]} lacks hash {position}")
    return found
