"""A worker whose engine misbehaves as the width of the picture says. Run as a worker process.

python -m tests.recognition.faulty_worker FOLDER
python -m tests.recognition.faulty_worker FOLDER models      is told two models first; their contents are its version
"""

import os
import signal
import sys
import time
from pathlib import Path

from services.common.raster import Picture
from services.recognition import pipe, worker
from services.recognition.engine import EngineIdentity
from services.recognition.reading import Choice, TextBox

HANGS, EXITS, RAISES, PRINTS, DIES_ONCE, IS_SLOW = range(101, 107)
CORNERS = ((0.0, 0.0), (50.0, 0.0), (50.0, 10.0), (0.0, 10.0))


class FaultyEngine:
    """Answers one box that names the process."""

    def __init__(self, folder: Path, version: str) -> None:
        self._folder = folder
        self.identity = EngineIdentity("faulty", version, "")

    def read(self, picture: Picture) -> tuple[TextBox, ...]:
        match picture.pixels().shape[1]:
            case 101:
                time.sleep(600)
            case 102:
                os._exit(3)
            case 103:
                raise MemoryError("no room")
            case 104:
                sys.stdout.write("a library that prints\n")
                sys.stdout.flush()
                os.write(1, b"even past Python")
            case 105 if not (self._folder / "died").exists():
                (self._folder / "died").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            case 106:
                time.sleep(0.4)
        text = str(os.getpid())
        return (TextBox(text, tuple((Choice(digit, 1.0),) for digit in text), CORNERS),)


if __name__ == "__main__":
    worker.live_no_longer_than_parent()
    requests, answers = worker.take_pipes()
    told = b" ".join(pipe.receive(requests) for _ in sys.argv[2:] for _ in range(2)).decode()
    if "broken" in told:
        sys.exit("the model is broken")
    worker.serve(FaultyEngine(Path(sys.argv[1]), told or "1"), requests, answers)
