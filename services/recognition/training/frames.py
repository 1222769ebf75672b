"""Licensed street frames with boxes around plates, from a folder that the user names, split by drive and by time.

The folder holds `boxes.jsonl` (one frame a line: file, width, height, boxes_xyxy in pixels) and the pictures it names,
`<drive>-t<seconds>.jpg`. Its own division into train and valid mixes neighbouring seconds of the same drive, so that the
same car stands on both sides. Here whole drives are held out, and of a drive that is the only one of its kind (night)
its last part, with a gap around the cut from which neither side takes anything.
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.raster import Pixels

Boxes = NDArray[np.float32]

# Never change these: figures of different trainings are compared over them. With the set of 534 frames they hold out 93
# frames with 114 of the 652 boxes: 66 frames by day, 27 by night.
VALIDATION_DRIVES = frozenset({"dayride_type1_002", "dayride_type1_003"})
TRAINING_DRIVES = frozenset({"dayride_type1_001"})
CUT_DRIVES_S = {"nightride_type3_001": 372}
GAP_S = 10
NAME = re.compile(r"(?P<drive>.+)-t(?P<time>\d+)\.(?:jpe?g|png)")
NOTHING_MORE: Mapping[str, Sequence[Sequence[float]]] = MappingProxyType({"plates_xyxy": (), "unsure_xyxy": ()})
# Pictures at these parts of their size are kept beside the whole one, so that a shrunk sample skips no pixels.
LEVELS = (1, 2, 4)
KEPT_PICTURES = 600


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of one second of a drive. boxes: (k, 4) left, top, right, bottom in pixels, as labelled.

    unlabelled: (m, 4) plates that the labels lack, without room around; unsure: (n, 4) what may be a plate.
    """

    path: Path
    drive: str
    time_s: int
    boxes: Boxes
    unlabelled: Boxes
    unsure: Boxes

    @property
    def not_judged(self) -> Boxes:
        """Where an answer is neither right nor false."""
        return np.concatenate([self.unlabelled, self.unsure])


def of_part(folder: Path, part: str) -> tuple[Frame, ...]:
    """The frames that a training may see (`training`), or those that only an evaluation may (`validation`)."""
    return tuple(frame for frame in frames(folder) if part_of(frame.drive, frame.time_s) == part)


def corners(box: Boxes) -> NDArray[np.float32]:
    """Of an upright box (4,): its corners (4, 2), clockwise from the top left."""
    left, top, right, bottom = box
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def frames(folder: Path) -> Iterable[Frame]:
    """All frames of the folder, in the order of their names."""
    lines = (folder / "boxes.jsonl").read_text(encoding="utf-8").splitlines()
    entries = sorted((json.loads(line) for line in lines if line.strip()), key=lambda entry: str(entry["file"]))
    for entry in entries:
        path = folder / entry["file"]
        name = NAME.fullmatch(path.name)
        drive, time_s = (name["drive"], int(name["time"])) if name else (path.stem, 0)
        more = seen_by_eye().get(path.name, NOTHING_MORE)
        boxes = (entry["boxes_xyxy"], more["plates_xyxy"], more["unsure_xyxy"])
        yield Frame(path, drive, time_s, *(np.array(one, np.float32).reshape(-1, 4) for one in boxes))


@lru_cache(maxsize=1)
def seen_by_eye() -> Mapping[str, Mapping[str, Sequence[Sequence[float]]]]:
    """By the names of pictures, from `unlabelled.jsonl` beside this file: what a look at a detector's answers found."""
    file = Path(__file__).with_name("unlabelled.jsonl")
    entries = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return {entry.pop("file"): entry for entry in entries}


def part_of(drive: str, time_s: int) -> str:
    """`training`, `validation`, or `gap` when the frame is too near to both. Of drives not named above, a fifth is held out."""
    if drive in CUT_DRIVES_S:
        after_cut_s = time_s - CUT_DRIVES_S[drive]
        if abs(after_cut_s) < GAP_S:
            return "gap"
        return "validation" if after_cut_s > 0 else "training"
    if drive in VALIDATION_DRIVES:
        return "validation"
    if drive in TRAINING_DRIVES:
        return "training"
    return "validation" if zlib.crc32(drive.encode()) % 5 == 0 else "training"


@lru_cache(maxsize=KEPT_PICTURES)
def levels(path: Path) -> tuple[Pixels, ...]:
    """The picture (h, w, 3, BGR) whole and at the parts of its size in `LEVELS`. Shared: do not write to it."""
    whole = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if whole is None:
        raise ValueError(f"no picture: {path.name}")
    height, width = whole.shape[:2]
    pixels = np.asarray(whole, np.uint8)
    return tuple(pixels if part == 1 else _shrunk(pixels, width // part, height // part) for part in LEVELS)


def _shrunk(pixels: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
