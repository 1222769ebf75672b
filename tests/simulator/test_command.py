"""One run from words to report, over a real channel."""

import json
import re
from datetime import datetime
from pathlib import Path

import cv2
import grpc
import numpy as np
import pytest

from services.common.errors import Invalid
from services.common.marker import read_marker
from services.simulator.command import decode_plants, simulate
from services.simulator.report import Report
from tests.simulator.door import Door, Faults, served


async def run(door: Door, truth: Path | None = None, *, run: str = "", difficulty: str = "easy") -> Report:
    async with served(door) as address:
        return await simulate(
            address,
            cameras=2,
            frames=8,
            rate=200.0,
            seed=5,
            difficulty=difficulty,
            plant=("1ABC234", "GT123K/NL@3"),
            truth_file=truth,
            marker=True,
            run=run,
        )


async def test_a_run_ends_with_a_report_and_a_line_of_truth_a_frame(tmp_path: Path) -> None:
    door = Door()
    report = await run(door, tmp_path / "truth.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert report.is_complete
    assert (report.frames, report.acknowledged, report.unanswered, report.refused) == (8, 8, 0, ())
    assert sorted(door.cameras) == sorted(report.camera_ids)
    assert {(line["camera_id"], line["sequence"]) for line in lines} == set(door.kept)
    assert sorted(line["frame_id"] for line in lines) == sorted(outcome.frame_id for outcome in report.outcomes)
    assert report.plates == sum(len(line["plates"]) for line in lines)
    assert {"1ABC234", "GT123K"} <= {plate["text"] for line in lines for plate in line["plates"]}
    assert all(datetime.fromisoformat(line["captured_at"]).tzinfo for line in lines)


async def test_the_truth_is_that_of_the_pixels_that_were_sent(tmp_path: Path) -> None:
    door = Door()
    await run(door, tmp_path / "truth.jsonl")
    for line in map(json.loads, (tmp_path / "truth.jsonl").read_text().splitlines()):
        picture = cv2.imdecode(np.frombuffer(door.pictures[line["camera_id"], line["sequence"]], np.uint8), 1)
        marked = read_marker(np.asarray(picture, np.uint8))
        assert [plate.text for plate in marked] == [plate["text"] for plate in line["plates"]]


async def test_a_run_of_the_same_name_and_seed_is_known_already() -> None:
    door = Door()
    first, again = await run(door, run="repeat"), await run(door, run="repeat")
    assert first.duplicates == 0
    assert again.duplicates == again.acknowledged == 8
    assert first.camera_ids == again.camera_ids == ("repeat-01", "repeat-02")


async def test_a_refused_frame_is_counted_by_its_reason() -> None:
    report = await run(Door(Faults(bad=frozenset({3}))))
    assert report.refused == (("PICTURE_UNREADABLE", 1),)
    assert report.acknowledged == 7
    assert not report.is_complete


async def test_a_report_shows_no_plate_and_no_frame() -> None:
    assert re.fullmatch(r"Report\(camera_ids=\(.*\), frames=8, .*seconds=[0-9.]+\)", repr(await run(Door(), run="r")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"difficulty": "impossible"},
        {"cameras": 0},
        {"frames": 0},
        {"rate": 0.0},
        {"rate": float("nan")},
        {"run": "Ünknown/../x"},
        {"plant": ("1ABC234/XX",)},
        {"plant": ("",)},
        {"plant": ("ABCDEFGHIJKLMN",)},
        {"plant": ("1ABC234\n",)},
        {"plant": ("1ABC234", "2ABC234", "3ABC234"), "frames": 2},
    ],
)
async def test_arguments_that_make_no_sense_are_refused_before_anything_is_sent(wrong: dict[str, object]) -> None:
    door = Door()
    async with served(door) as address:
        with pytest.raises(Invalid):
            await simulate(address, **wrong)  # type: ignore[arg-type]
    assert not door.cameras


async def test_a_truth_file_that_cannot_be_written_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    door = Door()
    with pytest.raises(Invalid, match="truth file"):
        await run(door, tmp_path / "missing" / "truth.jsonl")
    assert not door.cameras


async def test_nobody_at_the_address_is_told() -> None:
    async with served(Door()) as address:
        pass
    with pytest.raises(grpc.aio.AioRpcError):
        await simulate(address, frames=1, cameras=1, register_timeout_s=0.3)


def test_plants_without_a_frame_are_spread_over_the_run() -> None:
    plants = decode_plants(["1ABC234", "GT123K/NL@3", "2-DEF-567"], 60)
    assert [(plant.plate.text, plant.plate.country, plant.number) for plant in plants] == [
        ("GT123K", "NL", 3),
        ("1ABC234", "BE", 20),
        ("2DEF567", "BE", 40),
    ]
