"""Plates to paste."""

import numpy as np

from services.recognition.training.plate_pool import PlatePool


def test_a_pool_gives_drawn_plates_of_both_layouts() -> None:
    pool, rng = PlatePool(size=40, part_two_lines=0.5), np.random.default_rng(1)
    taken = [pool.take(rng) for _ in range(80)]
    assert {sheet.has_two_lines for sheet in taken} == {False, True}
    assert all(sheet.pixels.dtype == np.uint8 and sheet.aspect > 0.8 for sheet in taken)
    assert len({id(sheet) for sheet in taken}) < len(taken)
