"""Samples for the reader: labels that fit, the same for the same seed."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest

from services.recognition.alphabet import BLANK, READER_HEIGHT_PX, READER_WIDTH_PX, TWO_LINES
from services.recognition.training.render import columns, crop, fonts, legible, sheet

COUNT = 48
GREEN = (0, 255, 0)
KINDS = ("BE_STD_2010", "BE_MOTO", "BE_1973", "BE_COMM")


@pytest.fixture(scope="module", autouse=True)
def own_faces() -> Iterator[None]:
    """A search for fonts takes longer than all of these tests, and finds others on other machines."""
    with fonts.left_out():
        yield


@pytest.fixture(scope="module")
def samples() -> list[crop.ReaderSample]:
    rng = np.random.default_rng(4)
    return [sample for kind in KINDS for sample in islice(crop.samples(rng, kind=kind, shots=6), COUNT // len(KINDS))]


@pytest.fixture(scope="module")
def without_plates() -> list[crop.ReaderSample]:
    rng, backgrounds = np.random.default_rng(1), [np.full((60, 80, 3), GREEN, np.uint8)]
    return [crop.without_plate(rng, 0.0, backgrounds) for _ in range(30)]


def test_columns_spell_the_text_of_nearly_all_samples(samples: list[crop.ReaderSample]) -> None:
    learned = [sample for sample in samples if not sample.is_fed_wrong]
    right = [sample for sample in learned if columns.decoded(sample.columns) == sample.text]
    assert len(right) >= len(learned) - 1
    assert any(sample.layout == TWO_LINES for sample in learned)


def test_samples_have_the_size_that_the_reader_takes(samples: list[crop.ReaderSample]) -> None:
    assert {sample.pixels.shape for sample in samples} == {(READER_HEIGHT_PX, READER_WIDTH_PX, 3)}


def test_the_same_seed_gives_the_same_sample() -> None:
    first, second = (crop.sample(np.random.default_rng(8), kind="BE_MOTO") for _ in range(2))
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.columns, second.columns)
    assert (first.text, first.country, first.layout, first.kind) == (
        second.text,
        second.country,
        second.layout,
        second.kind,
    )


def test_a_plate_that_is_fed_wrong_teaches_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crop, "PART_FED_WRONG", 1.0)
    sample = crop.sample(np.random.default_rng(1), kind="BE_MOTO")
    assert sample.is_fed_wrong
    assert sample.layout == TWO_LINES
    assert set(sample.columns.tolist()) == {columns.NOT_SUPERVISED}


def test_a_picture_without_a_plate_is_blank(without_plates: list[crop.ReaderSample]) -> None:
    assert all(not sample.text and set(sample.columns.tolist()) == {BLANK} for sample in without_plates)
    assert {sample.kind for sample in without_plates} == {crop.NO_PLATE}


def test_a_cut_plate_is_labelled_with_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crop, "PART_CUT", 1.0)
    taken = list(islice(crop.takes(np.random.default_rng(3), kind="BE_STD_2010", shots=10), 40))
    cut = [take for take in taken if take.sample.text != take.art.text]
    assert len(cut) > 10
    assert all(len(take.sample.text) >= len(take.art.text) - 2 for take in cut if take.sample.layout != TWO_LINES)
    assert all(columns.decoded(take.sample.columns) == take.sample.text for take in cut if not take.sample.is_fed_wrong)


def test_backgrounds_are_seen_behind_plates(without_plates: list[crop.ReaderSample]) -> None:
    assert any((sample.pixels == GREEN).all() for sample in without_plates)
    assert not all((sample.pixels == GREEN).all() for sample in without_plates)


def test_clean_plates_are_legible_and_washed_out_ones_are_not() -> None:
    clean = list(islice(crop.takes(np.random.default_rng(5), 0.0, "BE_STD_2010", shots=9), 9))
    hopeless = list(islice(crop.takes(np.random.default_rng(5), 4.0, "BE_STD_2010", shots=9), 9))
    assert all(legible.is_legible(taken) for taken in clean)
    assert sum(legible.is_legible(taken) for taken in hopeless) <= 2


def test_most_samples_of_a_training_are_legible() -> None:
    takes = list(islice(crop.takes(np.random.default_rng(6), kind="BE_STD_2010", shots=20), 80))
    assert 0.7 <= np.mean([legible.is_legible(taken) for taken in takes]) <= 0.97


def test_a_sheet_holds_every_sample(samples: list[crop.ReaderSample]) -> None:
    cell = sheet.cell(samples[0])
    assert sheet.sheet(samples[:7], across=3).shape == (3 * cell.shape[0], 3 * cell.shape[1], 3)
