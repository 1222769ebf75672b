"""`python -m tests.overload`: measures what the suite can take, then offers a multiple of it, and checks what that left.

Exit status 1 when an acknowledged frame is lost, memory grows, or a refusal is anything but OVERLOADED with a delay.
--down NAME holds a service down for the middle third. The limit on what may wait in ingest is low here, so that it is reached:
its default is made for hours.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from services.local.errors import LocalError
from tests.overload import experiment, verdict
from tests.overload.experiment import OverloadFailed, Plan


def main() -> int:
    given = _arguments()
    data = given.data or Path(tempfile.mkdtemp(prefix="anpr-overload-"))
    plan = Plan(
        data=data,
        seconds=given.seconds,
        factor=given.factor,
        trial_s=given.trial_seconds,
        cameras=given.cameras,
        senders=given.senders,
        down=given.down,
        frames_waiting=given.frames_waiting,
        limit=given.limit,
    )
    try:
        holds = verdict.show(asyncio.run(experiment.run(plan, say)), say)
    except (OverloadFailed, LocalError) as problem:
        say(f"overload failed: {problem}")
        holds = False
    if given.data is None and holds:
        shutil.rmtree(data)
    else:
        say(f"everything is in {data}")
    return 0 if holds else 1


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="of the overload")
    parser.add_argument("--factor", type=float, default=2.0, help="times the measured limit")
    parser.add_argument("--limit", type=float, help="frames a second, when it is known already")
    parser.add_argument("--trial-seconds", type=float, default=10.0, help="of each step towards the limit")
    parser.add_argument("--cameras", type=int, default=40)
    parser.add_argument("--senders", type=int, default=1, help="processes that share the cameras")
    parser.add_argument("--down", default="", choices=("", "recognition", "matching"))
    parser.add_argument("--frames-waiting", type=int, default=300, help="ingest's limit on what waits")
    parser.add_argument("--data", type=Path, help="a folder that does not exist yet; it is kept")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
