"""`python -m tests.chaos --seed N`: kills the suite a hundred times and counts what was promised. Exit status 1 when unequal.

--sabotage NAME runs it with one line of recovery code disabled: then it must end with exit status 1.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

import services
from services.local.errors import LocalError
from tests.chaos import run, sabotage, table
from tests.chaos.killer import ChaosFailed
from tests.chaos.run import Wish


def main() -> int:
    given = _arguments()
    if given.services is not None and not Path(services.__file__ or "").is_relative_to(given.services):
        raise ChaosFailed("the copy is not what runs")
    data = given.data or Path(tempfile.mkdtemp(prefix="anpr-chaos-"))
    if given.sabotage:
        return _sabotaged(given, data)
    try:
        rows = asyncio.run(run.run(Wish(data, given.seed, given.kills, given.engine)))
    except (ChaosFailed, LocalError) as problem:
        table.say(f"chaos failed: {problem}; everything is in {data}")
        return 1
    equal = table.show(f"seed {given.seed}, {given.kills} kills, engine {given.engine}", rows)
    if given.data is None and equal:
        shutil.rmtree(data)
    else:
        table.say(f"everything is in {data}")
    return 0 if equal else 1


def _sabotaged(given: argparse.Namespace, data: Path) -> int:
    disabled = sabotage.SABOTAGES[given.sabotage]
    table.say(f"sabotage: {disabled.words} ({disabled.file})")
    words = ["--seed", str(given.seed), "--kills", str(given.kills), "--engine", given.engine]
    try:
        return sabotage.run([disabled], data / "copy", [*words, "--data", str(data / "run")])
    finally:
        if given.data is None:
            shutil.rmtree(data)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--engine", choices=tuple(run.TEMPI), default="standin")
    parser.add_argument("--sabotage", choices=sorted(sabotage.SABOTAGES))
    parser.add_argument("--data", type=Path, help="a folder that does not exist yet; it is kept")
    parser.add_argument("--services", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.sabotage and given.engine != "standin":
        parser.error("a sabotaged suite runs with the stand-in engine")
    return given


if __name__ == "__main__":
    sys.exit(main())
