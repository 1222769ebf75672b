"""The committed models are as good as it is recorded of them, on rendered plates that no training has seen."""

import hashlib
import json
from typing import Any

import pytest

from services.recognition import environment
from services.recognition.training import golden, model_card, results
from services.recognition.training.golden import Size

FIGURES = environment.MODELS / results.FIGURES
# How much worse a figure may be, in shares of one: another machine draws and packs pictures a little differently. One plate
# of a group is three points there.
WORSE_OVERALL, WORSE_IN_GROUP = 0.01, 0.08
WORSE_CALIBRATION, MOST_CALIBRATION_ERROR = 0.01, 0.02
WORSE_FALSE_PER_FRAME = 0.01
LARGEST_MODEL_BYTES = 5_000_000

# Without any model and any figures there is nothing to hold to anything; as soon as there is one of them, all must be there.
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not FIGURES.exists() and not list(environment.MODELS.glob("*.onnx")), reason="no models have been trained yet"
    ),
]


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(FIGURES.read_text())
    return figures


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    evaluation = model_card.evaluated(environment.MODELS, Size.SMALL)
    return results.as_object(evaluation)


def test_the_figures_are_those_of_the_committed_files(recorded: dict[str, Any]) -> None:
    for kind, name in model_card.FILES.items():
        content = (environment.MODELS / name).read_bytes()
        assert recorded["models"][kind]["sha256"] == hashlib.sha256(content).hexdigest()
        assert len(content) < LARGEST_MODEL_BYTES


def test_the_model_card_says_what_was_measured(recorded: dict[str, Any]) -> None:
    assert (environment.MODELS / model_card.CARD).read_text() == model_card.render(recorded)


def test_reads_are_as_right_as_recorded(recorded: dict[str, Any], found: dict[str, Any]) -> None:
    before, now = recorded["golden"][Size.SMALL], found
    assert now["frames"] == before["frames"]
    for part in ("found", "exact", "strict"):
        assert now["all"][part] >= before["all"][part] - WORSE_OVERALL, part
    assert now["all"]["character_errors"] <= before["all"]["character_errors"] + WORSE_OVERALL


def test_no_kind_of_plate_and_no_condition_is_read_worse(recorded: dict[str, Any], found: dict[str, Any]) -> None:
    before = {(kind, name): share["exact"] for kind, name, share in recorded["golden"][Size.SMALL]["by_group"]}
    now = {(kind, name): share["exact"] for kind, name, share in found["by_group"]}
    assert now.keys() == before.keys()
    assert {group for group in before if now[group] < before[group] - WORSE_IN_GROUP} == set()


def test_probabilities_can_be_believed_as_recorded(recorded: dict[str, Any], found: dict[str, Any]) -> None:
    before = recorded["golden"][Size.SMALL]["calibration_error"]
    assert found["calibration_error"] <= max(before, MOST_CALIBRATION_ERROR) + WORSE_CALIBRATION
    for (_, earlier), (_, later) in zip(recorded["golden"][Size.SMALL]["precision"], found["precision"], strict=True):
        assert later >= earlier - WORSE_OVERALL


def test_no_more_plates_are_seen_where_none_are(recorded: dict[str, Any], found: dict[str, Any]) -> None:
    before = recorded["golden"][Size.SMALL]["false_per_frame"]
    assert found["false_per_frame"] <= before + WORSE_FALSE_PER_FRAME


def test_every_group_is_in_the_set(recorded: dict[str, Any]) -> None:
    names = {name for kind, name, _ in recorded["golden"][Size.SMALL]["by_group"] if kind == "group"}
    assert names == set(golden.groups())
