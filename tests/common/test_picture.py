"""Pictures from outside: decoded as seen, or refused in words, at a bounded cost."""

import io
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import binary, integers, lists, sampled_from, tuples
from numpy.typing import NDArray
from PIL import Image, ImageFile

from services.common import picture, raster
from services.common.picture import PictureTooLarge, PictureUnreadable
from services.common.raster import Limits, Picture, Reduction

MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "BMP": "image/bmp", "TIFF": "image/tiff"}


def scene(width: int = 64, height: int = 48) -> Image.Image:
    """Red above, blue below, green in the upper left corner."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2] = (220, 20, 30)
    pixels[height // 2 :] = (20, 30, 220)
    pixels[: height // 4, : width // 4] = (20, 200, 40)
    return Image.fromarray(pixels)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def assert_is_scene(pixels: NDArray[np.uint8], tolerance: int = 40) -> None:
    height, width = pixels.shape[:2]
    for (y, x), rgb in {
        (height // 8, width // 8): (20, 200, 40),
        (height // 4, width * 3 // 4): (220, 20, 30),
        (height * 3 // 4, width // 2): (20, 30, 220),
    }.items():
        assert np.abs(pixels[y, x].astype(int) - np.array(rgb[::-1])).max() <= tolerance
    assert pixels.flags.c_contiguous
    assert pixels.dtype == np.uint8


@pytest.mark.parametrize("kind", sorted(MEDIA))
def test_every_kind_is_recognised_and_decoded(kind: str) -> None:
    content = saved(scene(), kind)
    header = picture.inspect(content)
    assert (header.media_type, header.width_px, header.height_px, header.size_bytes) == (
        MEDIA[kind],
        64,
        48,
        len(content),
    )
    assert_is_scene(picture.decode(content))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("CMYK", "JPEG"),
        ("CMYK", "TIFF"),
        ("P", "PNG"),
        ("RGBA", "PNG"),
        ("RGBA", "WEBP"),
        ("YCbCr", "JPEG"),
        ("P", "BMP"),
    ],
)
def test_every_kind_of_pixel_becomes_bgr(mode: str, kind: str) -> None:
    image = scene().quantize(8) if mode == "P" else scene().convert(mode)
    assert_is_scene(picture.decode(saved(image, kind)), tolerance=60)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_of_any_depth_is_spread_over_the_channels(mode: str, kind: str) -> None:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[None].repeat(32, 0)
    image = Image.fromarray(ramp.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(ramp).convert(mode)
    pixels = picture.decode(saved(image, kind))
    assert pixels.shape == (32, 64, 3)
    assert pixels[:, :4].mean() < 40
    assert pixels[:, -4:].mean() > 215


def test_sixteen_bit_colour_is_decoded() -> None:
    row = b"\0" + np.array([[60000, 2000, 3000]] * 8, ">u2").tobytes()
    content = png(8, 4, row * 4, bit_depth=16)
    assert picture.decode(content)[0, 0].tolist() == [3000 >> 8, 2000 >> 8, 60000 >> 8]


def test_transparent_parts_are_white() -> None:
    assert (picture.decode(saved(Image.new("RGBA", (8, 8), (9, 9, 9, 0)), "PNG")) == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_a_turned_picture_is_put_the_right_way_up(orientation: int, kind: str) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = scene(64, 48).transpose(undo[orientation]) if orientation in undo else scene(64, 48)
    content = saved(turned, kind, exif=exif)
    header = picture.inspect(content)
    assert (header.width_px, header.height_px) == (64, 48)
    assert_is_scene(picture.decode(content))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_turned_picture_of_sixteen_bits_is_put_the_right_way_up(kind: str) -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(32, 0)
    exif = Image.Exif()
    exif[0x0112] = 6
    content = saved(Image.fromarray(np.rot90(ramp).copy()), kind, exif=exif)
    pixels = picture.decode(content)
    header = picture.inspect(content)
    assert pixels.shape == (header.height_px, header.width_px, 3) == (32, 64, 3)
    assert pixels[:, :4].mean() < 40
    assert pixels[:, -4:].mean() > 215


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_a_header_costs_no_decoding(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content, decoded = saved(scene(), kind), list[ImageFile.ImageFile]()
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded.append)
    assert picture.inspect(content).width_px == 64
    assert not decoded


def test_a_png_that_says_behind_its_pixels_how_it_is_turned_is_put_the_right_way_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = saved(scene(64, 48).transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)
    begin = whole.index(b"eXIf") - 4
    end = begin + 12 + int.from_bytes(whole[begin : begin + 4], "big")
    content = whole[:begin] + whole[end:-12] + whole[begin:end] + whole[-12:]
    for look in (picture.inspect, picture.verify):
        assert (look(content).width_px, look(content).height_px) == (64, 48)
    assert_is_scene(picture.decode(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@given(width=integers(1, 40), height=integers(1, 40), orientation=integers(1, 8), reduction=sampled_from([1, 2, 4]))
@settings(max_examples=60, deadline=None)
def test_a_picture_decoded_smaller_has_its_sides_rounded_up(
    kind: str, width: int, height: int, orientation: int, reduction: Reduction
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    lazy = Picture(saved(scene(width, height), kind, exif=exif))
    assert {lazy.width_px, lazy.height_px} == {width, height}
    size = (-(-lazy.height_px // reduction), -(-lazy.width_px // reduction), 3)
    assert lazy.pixels(reduction).shape == size
    assert lazy.pixels().shape == (lazy.height_px, lazy.width_px, 3)
    assert Picture.of(lazy.pixels()).pixels(reduction).shape == size


@pytest.mark.parametrize("kind", sorted(MEDIA))
@pytest.mark.parametrize("reduction", [2, 4])
def test_a_picture_decoded_smaller_shows_the_same(kind: str, reduction: Reduction) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = saved(scene(640, 480).transpose(Image.Transpose.ROTATE_90), kind, exif=exif)
    turned = kind in ("WEBP", "BMP")  # which are saved without EXIF, or read without it
    content = saved(scene(640, 480), kind) if turned else content
    assert_is_scene(Picture(content).pixels(reduction))
    assert_is_scene(Picture.of(picture.decode(content)).pixels(reduction))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("reduction", [2, 4])
def test_a_turned_picture_decoded_smaller_has_everything_in_its_place(
    kind: str, orientation: int, reduction: Reduction
) -> None:
    """Whatever is left over at the right and below is so in the picture the right way up."""
    ramp = np.add.outer(np.arange(75), np.arange(101)).astype(
        np.uint8
    )  # one more for each pixel to the right and below
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100} if kind == "JPEG" else {}
    content = saved(Image.fromarray(ramp), kind, exif=exif, **options)
    smaller = np.asarray(Image.fromarray(picture.decode(content)).reduce(reduction), np.int16)
    for found in (Picture(content).pixels(reduction), raster.decode(content, reduction=reduction)):
        assert np.abs(found - smaller).max() < 1


@pytest.mark.parametrize(("kind", "sizes"), [("JPEG", [2, 1]), ("PNG", [1])])
def test_nothing_is_decoded_before_someone_asks_and_nothing_twice(
    kind: str, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = saved(scene(640, 480), kind)
    decoded = list[int]()
    by_pillow, by_opencv = raster.decode, raster._by_opencv

    def first(content: bytes, reduction: Reduction) -> raster.Pixels | None:
        decoded.append(reduction)
        return by_opencv(content, reduction)

    def second(content: bytes, limits: Limits, reduction: Reduction) -> raster.Pixels:
        decoded.append(reduction)
        return by_pillow(content, limits, reduction)

    monkeypatch.setattr(raster, "_by_opencv", first)
    monkeypatch.setattr(raster, "decode", second)
    lazy = Picture(content)
    assert not decoded
    asked: tuple[Reduction, ...] = (2, 2, 1, 4, 1, 2)
    for reduction in asked:
        lazy.pixels(reduction)
    assert decoded == sizes  # once it is there in full, a smaller one is made of that


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 95, "subsampling": 0}, {"subsampling": 1}])
def test_a_jpeg_is_the_same_whoever_decodes_it(mode: str, orientation: int, options: dict[str, object]) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (6, 9, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((251, 163), Image.Resampling.BICUBIC).convert(mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = saved(image, "JPEG", exif=exif, **options)
    sizes: tuple[Reduction, ...] = (1, 2, 4)
    for reduction in sizes:
        pixels = Picture(content).pixels(reduction)
        difference = np.abs(pixels.astype(int) - raster.decode(content, reduction=reduction))
        assert difference.max() <= 2
        assert pixels.flags.c_contiguous


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 95}, {"restart_marker_blocks": 1}])
@pytest.mark.parametrize("reduction", [2, 4])
def test_a_jpeg_without_its_last_bytes_is_refused_at_any_size(options: dict[str, object], reduction: Reduction) -> None:
    content = saved(scene(640, 480), "JPEG", **options)
    for cut in (1, 2, 3, 40):
        with pytest.raises(raster.Unreadable):
            Picture(content[:-cut]).pixels(reduction)


@given(
    flips=lists(tuples(integers(0, 2**20), integers(0, 7)), min_size=1, max_size=12),
    kind=sampled_from(sorted(MEDIA)),
    reduction=sampled_from([2, 4]),
)
@settings(deadline=None)
def test_flipped_bits_give_a_smaller_picture_or_a_refusal(
    flips: list[tuple[int, int]], kind: str, reduction: Reduction
) -> None:
    content = bytearray(saved(scene(), kind))
    for place, bit in flips:
        content[place % (len(content) if place % 2 else min(128, len(content)))] ^= 1 << bit
    try:
        lazy = Picture(bytes(content), Limits(pixels=1_000_000))
        shape = lazy.pixels(reduction).shape
    except (raster.Unreadable, raster.TooLarge) as refusal:
        # Pillow, which is slower and finds all damage, says the same.
        with pytest.raises(type(refusal)):
            raster.decode(bytes(content), Limits(pixels=1_000_000), reduction)
        return
    assert shape == raster.decode(bytes(content), Limits(pixels=1_000_000), reduction).shape
    assert shape == (-(-lazy.height_px // reduction), -(-lazy.width_px // reduction), 3)


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "green")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.abs(picture.decode(content)[20, 20].astype(int) - (0, 0, 255)).max() < 10


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"hello, this is a text file\n" * 100,
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0" + bytes(500),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"RIFF" + bytes(4) + b"WEBPVP9 " + bytes(50),
        b"BM",
        b"BM" + bytes(100),
        b"II*\0",
        b"MM\0*\xff\xff\xff\xff",
        b"GIF89a" + bytes(100),
        b"%PDF-1.4",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"P6 3 3 255 " + bytes(27),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    for look in (picture.inspect, picture.decode):
        with pytest.raises(PictureUnreadable):
            look(content)


@pytest.mark.parametrize("kind", sorted(MEDIA))
@given(part=integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_a_truncated_picture_is_refused(kind: str, part: int) -> None:
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 255, (48, 64, 3), dtype=np.uint8))
    content = saved(noise, kind)
    with pytest.raises(PictureUnreadable):
        picture.decode(content[: len(content) * part // 1000])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 95}])
def test_a_jpeg_without_its_last_bytes_is_refused(options: dict[str, object]) -> None:
    content = saved(scene(640, 480), "JPEG", **options)
    for cut in (1, 2, 3, 40):
        with pytest.raises(PictureUnreadable):
            picture.decode(content[:-cut])


@pytest.mark.parametrize("kind", sorted(MEDIA))
@given(flips=lists(tuples(integers(0, 2**20), integers(0, 7)), min_size=1, max_size=12))
@settings(deadline=None)
def test_flipped_bits_give_a_picture_or_a_refusal(kind: str, flips: list[tuple[int, int]]) -> None:
    content = bytearray(saved(scene(), kind))
    for place, bit in flips:
        # Headers are where parsers go wrong: half of the flips land in the first 128 bytes.
        content[place % (len(content) if place % 2 else min(128, len(content)))] ^= 1 << bit
    assert_refused_or_decoded(bytes(content))


@given(
    start=sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF....WEBPVP8X", b"II*\0", b"MM\0*", b"BM"]),
    rest=binary(max_size=200),
)
@settings(deadline=None)
def test_arbitrary_bytes_behind_a_magic_number_give_a_refusal(start: bytes, rest: bytes) -> None:
    assert_refused_or_decoded(start + rest)


def assert_refused_or_decoded(content: bytes) -> None:
    small = Limits(pixels=1_000_000)
    try:
        header = picture.inspect(content, small)
        pixels = picture.decode(content, small)
    except (PictureUnreadable, PictureTooLarge) as cause:
        refusal = cause
    else:
        assert pixels.shape == (header.height_px, header.width_px, 3)
        return
    assert re.fullmatch(r"[\w ,;%-]+", refusal.words)


def test_limits_are_those_of_the_contract() -> None:
    with pytest.raises(PictureTooLarge):
        picture.inspect(bytes(16 * 1024 * 1024 + 1))
    with pytest.raises(PictureTooLarge):
        picture.inspect(png(8001, 5000, b""))
    assert picture.inspect(png(8000, 5000, b"")).width_px == 8000
    with pytest.raises(PictureTooLarge):
        picture.inspect(saved(scene(), "PNG"), Limits(pixels=64 * 48 - 1))


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_picture_without_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureUnreadable):
        picture.decode(png(*size, b""))


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    content = saved(scene(), "JPEG", progressive=True)
    first = content.index(b"\xff\xda")
    scan = content[first : content.index(b"\xff", first + 20)]
    with pytest.raises(PictureUnreadable):
        picture.inspect(content[:first] + scan * 100 + content[first:])


BOMBS = {
    "png": "png(30_000, 30_000, bytes(1000))",
    "webp": "b'RIFF' + (22).to_bytes(4, 'little') + b'WEBPVP8X' + bytes([10, 0, 0, 0, 0, 0, 0, 0])"
    " + (16382).to_bytes(3, 'little') * 2 + bytes(300)",
    "bmp": "b'BM' + bytes(8) + (54).to_bytes(4, 'little') + (40).to_bytes(4, 'little')"
    " + (30000).to_bytes(4, 'little') * 2 + b'\\1\\0\\x18\\0' + bytes(200)",
    "text in a png": "png(8, 8, b'\\0' * 25 * 8, extra=b'zTXt' + b'k\\0\\0' + zlib.compress(bytes(300_000_000)))",
}


QUICK = ("png", "text in a png")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in sorted(BOMBS)]
)
def test_a_bomb_stays_within_a_gibibyte(name: str) -> None:
    script = f"""
import resource, zlib
from tests.common.test_picture import png
from services.common import picture
content = {BOMBS[name]}
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
try:
    picture.decode(content)
except picture.Invalid as refusal:
    print(refusal.reason, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    reason, rss_kib = done.stdout.split()
    assert reason in ("PICTURE_TOO_LARGE", "PICTURE_UNREADABLE")
    assert int(rss_kib) < 1024 * 1024


def png(width: int, height: int, rows: bytes, *, bit_depth: int = 8, extra: bytes = b"") -> bytes:
    """A colour PNG with these raw rows and, before them, a chunk of any kind."""

    def chunk(content: bytes) -> bytes:
        return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))

    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, bit_depth, 2, 0, 0, 0)
    chunks = [header, *([extra] if extra else []), b"IDAT" + zlib.compress(rows), b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(chunk, chunks))


def test_the_limit_of_the_bomb_tests_is_one() -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); bytearray(2**30)"
    done = subprocess.run([sys.executable, "-c", limited], check=False, capture_output=True, timeout=60)
    assert b"MemoryError" in done.stderr
