import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, data, integers

from services.audit import checkpoint, merkle, tile
from services.audit.merkle import leaf_hash
from services.audit.tile import WIDTH, Edge, TileInvalid
from services.common import note
from tests.audit.test_merkle import numbered
from tests.audit.vectors import SUNLIGHT, TESSERA, needs_vectors

MANY = numbered(70_000)


def grow(*steps: int) -> tuple[Edge, dict[tuple[int, int], bytes]]:
    """A tree grown in steps, and its tiles, each written as often as it changed and never rewritten."""
    edge, tiles, start = Edge(), dict[tuple[int, int], bytes](), 0
    for count in steps:
        edge, changed = edge.extended(MANY[start : start + count])
        for one in changed:
            before = tiles.get((one.level, one.number), b"")
            assert one.hashes.startswith(before), "a tile only grows"
            assert len(before) < WIDTH * 32, "a full tile is not written again"
            tiles[one.level, one.number] = one.hashes
        start += count
    return edge, tiles


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0, 5), "tile/0/005"),
        ((0, 1234067), "tile/0/x001/x234/067"),
        ((3, 123456078, 2), "tile/3/x123/x456/078.p/2"),
        ((1, 0, 17), "tile/1/000.p/17"),
        ((63, 999), "tile/63/999"),
        (("entries", 273, 112), "tile/entries/273.p/112"),
        (("entries", 1000), "tile/entries/x001/000"),
    ],
)
def test_names_of_tiles(arguments: tuple[int | str, int], name: str) -> None:
    assert tile.path(*arguments) == name
    assert tile.parse_path(name) == (*arguments, WIDTH)[:3]


@pytest.mark.parametrize(
    "name",
    [
        "tile/0/5",
        "tile/00/005",
        "tile/64/000",
        "tile/0/x000/005",
        "tile/0/005.p/0",
        "tile/0/005.p/256",
        "tile/0/005.p/01",
        "tile/0/005/",
        "/tile/0/005",
        "tile/0/../005",
        "tile/-1/005",
        "tile/0/x005",
        "tile/0/0005",
        "tile/0/\u0660\u0660\u0665",
        "",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(TileInvalid):
        tile.parse_path(name)


def test_widths_are_those_of_the_specification() -> None:
    assert [tile.width(0, 273, 70_000), tile.width(1, 1, 70_000), tile.width(2, 0, 70_000)] == [112, 17, 1]
    assert [tile.width(0, 0, 256), tile.width(1, 0, 256), tile.width(0, 1, 256)] == [256, 1, 0]
    assert tile.edge_places(70_000) == [(0, 273), (1, 1), (2, 0)]
    assert tile.edge_places(256) == [(1, 0)]
    assert tile.edge_places(0) == []


@given(entries=st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_hold_their_entries(entries: list[bytes]) -> None:
    assert tile.decode_bundle(tile.encode_bundle(entries)) == entries


@given(entries=st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=5), data=data())
def test_a_cut_or_padded_bundle_is_refused(entries: list[bytes], data: DataObject) -> None:
    bundle = tile.encode_bundle(entries)
    with pytest.raises(TileInvalid):
        tile.decode_bundle(bundle[: data.draw(integers(len(bundle) - len(entries[-1]) - 1, len(bundle) - 1))])
    with pytest.raises(TileInvalid):
        tile.decode_bundle(bundle + b"\0")


def test_a_bundle_of_257_entries_is_refused() -> None:
    with pytest.raises(TileInvalid):
        tile.decode_bundle(tile.encode_bundle([b""] * 257))


@given(steps=st.lists(integers(0, 700), max_size=5))
def test_a_tree_grown_in_steps_is_that_grown_at_once(steps: list[int]) -> None:
    size = sum(steps)
    edge, tiles = grow(*steps)
    whole, at_once = grow(size)
    assert tiles == at_once
    assert edge.size == size
    assert edge.root() == whole.root() == merkle.root(MANY[:size]) == tile.root(size, tiles)
    assert tile.edge(size, tiles).root() == edge.root()
    for (level, number), hashes in tiles.items():
        assert len(hashes) == 32 * tile.width(level, number, size) > 0


@given(sizes=st.tuples(integers(0, 1500), integers(0, 1500)))
def test_a_tree_goes_on_from_its_stored_edge(sizes: tuple[int, int]) -> None:
    first, more = sizes
    _, tiles = grow(first)
    edge, _ = tile.edge(first, tiles).extended(MANY[first : first + more])
    assert edge.root() == merkle.root(MANY[: first + more])


@given(data=data())
def test_proofs_from_tiles_are_those_from_leaves(data: DataObject) -> None:
    size = data.draw(integers(1, 1500))
    index, first = data.draw(integers(0, size - 1)), data.draw(integers(1, size))
    _, tiles = grow(data.draw(integers(size, 1600)))
    for ranges, expected in (
        (merkle.inclusion_ranges(index, size), merkle.inclusion(index, MANY[:size])),
        (merkle.consistency_ranges(first, size), merkle.consistency(first, MANY[:size])),
    ):
        needed = {place: tiles[place] for place in tile.places(ranges)}
        assert tile.hashes(ranges, needed) == expected


def test_a_tree_of_three_levels_proves_its_leaves() -> None:
    edge, tiles = grow(65_000, 5_000)
    assert edge.root() == merkle.root(MANY)
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        ranges = merkle.inclusion_ranges(index, 70_000)
        path = tile.hashes(ranges, {place: tiles[place] for place in tile.places(ranges)})
        merkle.verify_inclusion(index, 70_000, MANY[index], path, edge.root())


def test_a_missing_or_short_tile_is_told() -> None:
    _, tiles = grow(300)
    with pytest.raises(TileInvalid, match="tile 1 of level 0"):
        tile.edge(300, {place: hashes for place, hashes in tiles.items() if place != (0, 1)})
    with pytest.raises(TileInvalid, match="tile 1 of level 0 lacks hash 43"):
        tile.root(300, {**tiles, (0, 1): tiles[0, 1][:-32]})


@needs_vectors
def test_the_log_of_tessera_is_read() -> None:
    key = note.parse_key("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
    heads = {}
    for file in TESSERA.glob("checkpoint.*"):
        head = checkpoint.verify(file.read_text(), "example.com/log/testdata", [key])
        heads[head.size] = head.root
    assert sorted(heads) == list(range(16))
    entries = tile.decode_bundle((TESSERA / tile.path(tile.ENTRIES, 0, 15)).read_bytes())
    hashes = [leaf_hash(one) for one in entries]
    for size in range(1, 16):
        stored = (TESSERA / tile.path(0, 0, size)).read_bytes()
        assert tile.decode_bundle((TESSERA / tile.path(tile.ENTRIES, 0, size)).read_bytes()) == entries[:size]
        assert Edge().extended(hashes[:size])[0] == tile.edge(size, {(0, 0): stored})
        assert tile.root(size, {(0, 0): stored}) == merkle.root(hashes[:size]) == heads[size]
        for index in range(size):
            path = tile.hashes(merkle.inclusion_ranges(index, size), {(0, 0): stored})
            merkle.verify_inclusion(index, size, hashes[index], path, heads[size])
            prefix = tile.hashes(merkle.consistency_ranges(index + 1, size), {(0, 0): stored})
            merkle.verify_consistency(index + 1, size, prefix, heads[index + 1], heads[size])
    assert heads[0] == merkle.EMPTY_ROOT


@needs_vectors
def test_the_mirror_of_sunlight_is_read() -> None:
    """A log of 300 entries, so of two levels."""
    folder = next(file.parent for file in (SUNLIGHT / "witness" / "mirror").glob("*/checkpoint"))
    head = checkpoint.unverified((folder / "checkpoint").read_text())
    places = {(0, 0): (0, 0, 256), (0, 1): (0, 1, 44), (1, 0): (1, 0, 1)}
    tiles = {place: (folder / tile.path(*arguments)).read_bytes() for place, arguments in places.items()}
    assert head.size == 300
    assert tile.edge(300, tiles).root() == tile.root(300, tiles) == head.root
