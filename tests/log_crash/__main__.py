"""`python -m tests.log_crash --seed N`: kills replicas of the log and their database, and counts what was promised.

Exit status 1 when unequal. --sabotage NAME runs it with a safeguard of the log disabled: then it must end with exit status 1.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

import services
from services.local.errors import LocalError
from tests.chaos import sabotage, table
from tests.chaos.killer import ChaosFailed
from tests.log_crash import run
from tests.log_crash.run import Wish
from tests.log_crash.sabotage import SAFEGUARDS


def main() -> int:
    given = _arguments()
    if given.services is not None and not Path(services.__file__ or "").is_relative_to(given.services):
        raise ChaosFailed("the copy is not what runs")
    data = given.data or Path(tempfile.mkdtemp(prefix="anpr-log-crash-"))
    if given.sabotage:
        return _sabotaged(given, data)
    try:
        rows = asyncio.run(run.run(Wish(data, given.seed, given.kills)))
    except (ChaosFailed, LocalError) as problem:
        table.say(f"crash run failed: {problem}; everything is in {data}")
        return 1
    equal = table.show(f"seed {given.seed}, {given.kills} kills", rows)
    if given.data is None and equal:
        shutil.rmtree(data)
    else:
        table.say(f"everything is in {data}")
    return 0 if equal else 1


def _sabotaged(given: argparse.Namespace, data: Path) -> int:
    disabled = SAFEGUARDS[given.sabotage]
    table.say(f"sabotage: {disabled.words}")
    words = ["--seed", str(given.seed), "--kills", str(given.kills), "--data", str(data / "run")]
    try:
        return sabotage.run(disabled.lines, data / "copy", words, "tests.log_crash")
    finally:
        if given.data is None:
            shutil.rmtree(data)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.log_crash", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--sabotage", choices=sorted(SAFEGUARDS))
    parser.add_argument("--data", type=Path, help="a folder that does not exist yet; it is kept")
    parser.add_argument("--services", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
