"""A face of strokes obeys its pen, its width and the sharpness of its joints."""

import numpy as np
from hypothesis import given
from hypothesis.strategies import floats, sampled_from

from services.common.strokes import centre_lines, draw_lines
from services.recognition.training.render import faces
from services.recognition.training.render.strokes import StrokeFace, Variation


@given(face=sampled_from(faces.OWN), character=sampled_from("ABEHKMRSTX2358"), weight=floats(1.1, 1.3))
def test_a_heavier_pen_leaves_more_ink(face: StrokeFace, character: str, weight: float) -> None:
    heavy = face.varied(Variation(weight=weight)).mask(character, 60)
    assert (heavy > 127).mean() > (face.mask(character, 60) > 127).mean()


@given(face=sampled_from(faces.OWN), character=sampled_from("ABEHKMRSTX2358"), width=floats(0.8, 0.95))
def test_a_narrow_face_is_narrower_and_as_high(face: StrokeFace, character: str, width: float) -> None:
    narrow, own = face.varied(Variation(width=width)).mask(character, 60), face.mask(character, 60)
    assert narrow.shape[0] == own.shape[0]
    assert narrow.shape[1] < own.shape[1]


def test_rounder_curves_come_nearer_to_the_corner() -> None:
    plain, square = (face.mask("O", 60) for face in (faces.BELGIAN, faces.BELGIAN.varied(Variation(roundness=2))))
    assert (square > 127).mean() > (plain > 127).mean()


def test_a_sharp_joint_fills_its_corner_and_a_round_one_does_not() -> None:
    lines = centre_lines("M100,0 L0,0 L0,100 L100,100")
    assert draw_lines(lines, 50, 80, 12.0, sharp=True)[0, 0] == 255
    assert draw_lines(lines, 50, 80, 12.0)[0, 0] == 0


def test_a_sharp_slanting_stroke_ends_flat_at_the_edge_of_its_box() -> None:
    lines = centre_lines("M20,0 L80,100")
    sharp, blunt = draw_lines(lines, 60, 100, 16.0, sharp=True), draw_lines(lines, 60, 100, 16.0)
    assert (sharp[0] > 127).sum() > (blunt[0] > 127).sum()


def test_a_closed_line_has_no_ends() -> None:
    ring = draw_lines(centre_lines("M50,0 h0,50 v50,100 h100,50 v50,0", steps=20), 80, 80, 10.0, sharp=True)
    assert np.abs(ring.astype(int) - ring[::-1]).mean() < 4
