"""Font files become faces if they look at all like a plate's; everything else in a folder is passed over."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from services.recognition.training.render import fonts
from services.recognition.training.render.face import Mask


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the font that Pillow carries, a broken file and a text; no other fonts are on the machine."""
    monkeypatch.setattr(fonts, "SYSTEM_FOLDERS", ())
    monkeypatch.delenv("ANPR_FONTS", raising=False)
    carried = ImageFont.load_default(20)
    assert isinstance(carried, ImageFont.FreeTypeFont)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "carried.ttf").write_bytes(carried.font_bytes)
    (tmp_path / "broken.otf").write_bytes(b"no font")
    (tmp_path / "readme.txt").write_text("nothing")
    return tmp_path


@pytest.fixture(name="file")
def _file(folder: Path) -> fonts.FontFile:
    (file,) = fonts.found([folder])
    return file


def test_a_font_is_found_with_its_hash(file: fonts.FontFile) -> None:
    assert file.family == "Aileron"
    assert file.sha256 == hashlib.sha256(file.path.read_bytes()).hexdigest()


def test_the_folders_of_the_environment_are_searched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPR_FONTS", f"{folder / 'deeper'}")
    assert len(fonts.found()) == 1


@pytest.mark.parametrize("height_px", [20, 55, 90])
def test_a_glyph_of_a_font_has_the_height_asked_for_and_is_tight(file: fonts.FontFile, height_px: int) -> None:
    face = fonts.FontFace(file)
    for character in fonts.NEEDED:
        mask = face.mask(character, height_px)
        assert mask.shape[0] == height_px
        assert all(edge.max() > 40 for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1])), character


def test_a_character_that_the_font_lacks_is_refused(file: fonts.FontFile) -> None:
    face = fonts.FontFace(file)
    assert not face.has("漢")
    with pytest.raises(KeyError):
        face.mask("漢", 40)


def letter_h(bar_px: int, stem_px: int, *, is_hollow: bool = False) -> Mask:
    mask: Mask = np.zeros((100, 60), np.uint8)
    mask[:, :stem_px] = mask[:, -stem_px:] = 255
    mask[50 - bar_px // 2 : 50 + bar_px // 2] = 255
    if is_hollow:
        mask[3:-3, 3 : stem_px - 3] = 0
    return mask


@pytest.mark.parametrize(
    ("letter", "is_like"),
    [
        (letter_h(14, 14), True),
        (letter_h(6, 14), False),
        (letter_h(4, 4), False),
        (letter_h(26, 29), False),
        (letter_h(14, 14, is_hollow=True), False),
    ],
    ids=["even strokes", "a thin bar", "hairlines", "fat", "outlines"],
)
def test_a_plate_has_even_solid_strokes(letter: Mask, is_like: bool) -> None:
    glyphs = dict.fromkeys(fonts.NEEDED, letter)
    assert fonts._resembles_a_plate(glyphs) is is_like
