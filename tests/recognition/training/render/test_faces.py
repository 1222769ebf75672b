"""Every face draws every character that the reader knows, at the height asked for and tight; what countries tell apart
differs, and what they do not tell apart is alike."""

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, sampled_from
from PIL import ImageFont

from services.recognition.alphabet import CHARACTERS
from services.recognition.training.render import faces, fonts
from services.recognition.training.render.face import Face, Mask
from services.recognition.training.render.strokes import StrokeFace

# Pairs that a country's face does not tell apart.
ALIKE = {"Belgian": {"0O"}, "Dutch": {"0O"}, "British": {"0O", "1I"}, "FE-like": set[str]()}


@pytest.fixture(name="bare")
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for fonts on a machine that has none."""
    monkeypatch.setattr(fonts, "SYSTEM_FOLDERS", ())
    monkeypatch.delenv("ANPR_FONTS", raising=False)
    return tmp_path


def square(mask: Mask) -> Mask:
    return np.asarray(cv2.resize(mask, (32, 64), interpolation=cv2.INTER_AREA), np.uint8)


@given(
    face=sampled_from([*faces.OWN, *(variant for own in faces.OWN for variant in faces.makers(own))]),
    character=sampled_from(CHARACTERS),
    height_px=integers(8, 120),
)
def test_a_glyph_has_the_height_asked_for_and_is_tight(face: Face, character: str, height_px: int) -> None:
    mask = face.mask(character, height_px)
    assert mask.shape[0] == height_px
    assert mask.max() > 200
    assert all(edge.max() > 40 for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))


def test_a_glyph_is_kept_and_cannot_be_spoiled() -> None:
    mask = faces.BELGIAN.mask("B", 50)
    assert faces.BELGIAN.mask("B", 50) is mask
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0] = 1


def test_a_character_that_is_not_drawn_is_refused() -> None:
    assert not faces.BELGIAN.has("ß")
    with pytest.raises(KeyError):
        faces.BELGIAN.mask("ß", 50)


@pytest.mark.parametrize("face", faces.OWN, ids=lambda face: face.name)
def test_characters_differ_unless_the_country_does_not_tell_them_apart(face: StrokeFace) -> None:
    for one, other in combinations(CHARACTERS, 2):
        difference = np.abs(square(face.mask(one, 64)).astype(int) - square(face.mask(other, 64))).mean() / 255
        ratio = face.mask(one, 64).shape[1] / face.mask(other, 64).shape[1]
        is_told_apart = difference > 0.02 or not 0.8 < ratio < 1.25
        assert is_told_apart or one + other in ALIKE[face.name], one + other


@pytest.mark.parametrize(("face", "character"), [(faces.BELGIAN, "I"), (faces.BRITISH, "I"), (faces.BRITISH, "1")])
def test_a_bare_stroke_is_ink_all_over(face: Face, character: str) -> None:
    assert face.mask(character, 60).min() == 255


def test_the_belgian_q_is_an_o_with_a_tail_at_the_lower_right() -> None:
    more = faces.BELGIAN.mask("Q", 60).astype(int) - faces.BELGIAN.mask("O", 60)
    height, width = more.shape
    assert more[height // 2 :, width // 2 :].max() > 200
    assert np.abs(more[: height // 2]).max() == 0


def test_the_dutch_four_is_open() -> None:
    empty = (faces.DUTCH.mask("4", 60) < 128).astype(np.uint8)
    regions, _ = cv2.connectedComponents(np.pad(empty, 1, constant_values=1), connectivity=4)
    assert regions - 1 == 1


def test_many_faces_are_general_and_each_has_its_own_name(bare: Path) -> None:
    names = [face.name for face in faces.general([bare])]
    assert len(names) >= len(faces.OWN) * len(faces.FOREIGN)
    assert len(set(names)) == len(names)
    assert faces.named(names[-1], [bare]).name == names[-1]
    with pytest.raises(KeyError):
        faces.named("nobody's", [bare])


def test_without_its_font_the_german_face_is_our_own(bare: Path) -> None:
    assert faces.fe([bare]) is faces.FE_LIKE
    assert faces.fe([bare], is_narrow=True).mask("M", 60).shape[1] < faces.FE_LIKE.mask("M", 60).shape[1]


def test_the_german_font_is_preferred_and_comes_with_and_without_a_slit_in_its_zero(bare: Path) -> None:
    carried = ImageFont.load_default(20)
    assert isinstance(carried, ImageFont.FreeTypeFont)
    (bare / "GL-Nummernschild-Mtl.ttf").write_bytes(carried.font_bytes)
    slit, whole = faces.makers(faces.fe([bare]))
    assert np.array_equal(slit.mask("A", 60), whole.mask("A", 60))
    assert np.array_equal(whole.mask("0", 60), faces.FE_LIKE.mask("0", 60))


def test_the_sheet_shows_a_line_per_face(tmp_path: Path) -> None:
    assert faces.sheet(faces.OWN, 48).shape[0] == len(faces.OWN) * 60
    assert faces.main([]) == 2
