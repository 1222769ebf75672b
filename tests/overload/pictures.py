"""Pictures that are drawn before the run: what the senders do then costs little more than sending."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from services.simulator.conditions import Difficulty
from services.simulator.drive import plan_drive
from services.simulator.render import render_frame

SEED = 20261124
TRUTH = "truth.json"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and the plates that its marker names."""

    jpeg: bytes = field(repr=False)
    plates: tuple[str, ...] = field(repr=False)


def draw(folder: Path, count: int) -> None:
    """Draws `count` pictures of three cameras, with markers, into the folder."""
    folder.mkdir()
    drive = plan_drive(seed=SEED, cameras=3, frames=count, rate=1.0)
    truth: list[list[str]] = []
    for shot in drive.shots:
        frame = render_frame(shot, seed=SEED, difficulty=Difficulty.MIXED, started_at=datetime.now(UTC), marker=True)
        (folder / f"{shot.number}.jpg").write_bytes(frame.jpeg)
        truth.append(sorted(plate.plate.text for plate in frame.plates))
    (folder / TRUTH).write_text(json.dumps(truth))


def load(folder: Path) -> list[Picture]:
    """The pictures, in order."""
    truth = json.loads((folder / TRUTH).read_text())
    return [Picture((folder / f"{number}.jpg").read_bytes(), tuple(plates)) for number, plates in enumerate(truth)]


def of(camera_number: int, sequence: int, pictures: Sequence[Picture]) -> Picture:
    """The picture that this camera takes with this sequence: sender and judge agree on it without a word."""
    return pictures[(7 * camera_number + sequence) % len(pictures)]
