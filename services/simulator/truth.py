"""What was on each frame, and what became of it: a JSON object a line, to be held against reads afterwards."""

import json
from collections.abc import Callable
from typing import TextIO

from services.simulator.frame import Frame, TruePlate
from services.simulator.report import Outcome

WriteTruth = Callable[[Frame, Outcome], None]


def truth_writer(lines: TextIO) -> WriteTruth:
    """Writes one line a frame. A line-buffered file has it when the call returns, so a killed run leaves what it knew."""
    return lambda frame, outcome: print(encode_line(frame, outcome), file=lines)


def encode_line(frame: Frame, outcome: Outcome) -> str:
    """The line of one frame, without the line end."""
    return json.dumps(
        {
            "camera_id": frame.camera_id,
            "sequence": frame.sequence,
            "captured_at": frame.captured_at.isoformat(),
            "frame_id": outcome.frame_id,
            "refused": outcome.reason,
            "attempts": outcome.attempts,
            "plates": [_plate(plate) for plate in frame.plates],
        }
    )


def _plate(plate: TruePlate) -> dict[str, object]:
    return {
        "text": plate.plate.text,
        "raw": " ".join(plate.plate.lines),
        "country": plate.plate.country,
        "series": plate.plate.series,
        "layout": plate.plate.layout,
        "box": plate.box,
        "corners": plate.corners,
    }
