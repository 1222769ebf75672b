"""Figures of a detector."""

import numpy as np
from hypothesis import given
from hypothesis.strategies import floats, lists

from services.recognition.detection import Detection
from services.recognition.training import detector_scores
from services.recognition.training.detector_scores import Judged

PLATE = (100.0, 100.0, 180.0, 120.0)
NONE = np.zeros((0, 4), np.float32)


def _found(score: float, left: float = 100.0, top: float = 100.0) -> Detection:
    corners = np.array([(left, top), (left + 80, top), (left + 80, top + 20), (left, top + 20)], np.float32)
    return Detection(score, corners)


def _judged(*found: Detection, not_judged: tuple[tuple[float, ...], ...] = ()) -> Judged:
    nowhere = np.array(not_judged, np.float32).reshape(-1, 4)
    return detector_scores.judged(found, np.array([PLATE], np.float32), nowhere)


def test_only_the_best_answer_about_a_plate_is_right() -> None:
    judged = _judged(_found(0.6, 101), _found(0.9))
    assert judged.hits.tolist() == [0, -1]
    assert judged.scores.tolist() == [np.float32(0.9), np.float32(0.6)]


def test_an_answer_where_labels_are_lacking_does_not_count() -> None:
    judged = _judged(_found(0.9), _found(0.8, 300, 200), not_judged=((290.0, 190.0, 400.0, 230.0),))
    assert judged.hits.tolist() == [0]


def test_recall_is_taken_where_false_answers_are_rare_enough() -> None:
    good = [_judged(_found(0.9)) for _ in range(9)]
    bad = [_judged(_found(0.5), _found(0.7, 400, 300))]
    figures = detector_scores.figures(good + bad, 0.6)
    assert figures.recall == (1.0, 0.9)
    assert figures.at_threshold == (0.9, 0.1)
    assert figures.average_precision > 0.98


def test_plates_are_counted_by_width() -> None:
    figures = detector_scores.figures([_judged(_found(0.9)), _judged()], 0.5)
    by_name = {one.name: (one.plates, one.recall) for one in figures.by_width}
    assert by_name["80-160"] == (2, 0.5)
    assert by_name["under 24"] == (0, 0.0)


@given(scores=lists(floats(0.01, 0.99), max_size=20))
def test_shares_lie_between_zero_and_one(scores: list[float]) -> None:
    frames = [_judged(_found(score, 100 + 30 * place)) for place, score in enumerate(scores)]
    figures = detector_scores.figures([*frames, _judged()], 0.5)
    shares = [*figures.recall, figures.average_precision, figures.overlap, figures.most_recall]
    assert all(0 <= share <= 1 for share in shares)
    assert figures.recall[0] >= figures.recall[1]
