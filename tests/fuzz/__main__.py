"""A million hostile cases: `python -m tests.fuzz [--cases N] [--seed N] [--only DOOR]`.

A fifth goes over the wire to a suite that is started for it: requests of every RPC with fields changed, repeated or nested,
bytes that are no request, strange callers, tokens, paths, streams that are given up, and bytes on bare connections. The rest
goes to the functions that take what comes from outside, in this process.

The same seed gives the same cases on the same day (tokens of the running suite excepted). A case that goes wrong is written to a
file and told of in one line: `--replay FILE` makes it once more. Exit status 1 when anything went wrong.
"""

# ruff: noqa: T201 (this is a program: it prints)

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from services.common import logs
from services.local import supervisor
from services.local.options import Options
from tests.fuzz import campaign, replay
from tests.fuzz.campaign import WIRE_SHARE, Plan
from tests.fuzz.tally import FAULTS, Outcome, Tally
from tests.fuzz.town import PARTS, Town

MIB = 1 << 20


def main() -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Throws hostile input at every door.")
    parser.add_argument("--cases", type=int, default=1_000_000, help="in all, a fifth of them over the wire")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same cases")
    parser.add_argument("--only", default="", help="doors whose names contain this")
    parser.add_argument("--layer", choices=("wire", "within"), help="only one of the two")
    parser.add_argument("--replay", type=Path, help="a case that was written to a file")
    parser.add_argument("--failures", type=Path, default=Path(".build/fuzz"), help="where such files go")
    parser.add_argument(
        "--atheris",
        type=int,
        default=0,
        metavar="SECONDS",
        help="guide bytes by coverage, in an environment of its own",
    )
    given = parser.parse_args()
    logs.configure("fuzz")
    if given.atheris:
        from tests.fuzz import coverage  # noqa: PLC0415

        return coverage.run(given.only, given.atheris, given.failures)
    if given.replay:
        return _replay(given.replay)
    tally = Tally(given.failures)
    run(Plan(given.cases, given.seed, given.only), tally, layers=(given.layer,) if given.layer else ("within", "wire"))
    return 1 if tally.faults else 0


def run(plan: Plan, tally: Tally, *, layers: tuple[str, ...] = ("within", "wire")) -> None:
    """All cases of a plan, and the table at the end."""
    wire = int(plan.cases * WIRE_SHARE) if len(layers) == 2 else plan.cases
    memory: list[str] = []
    if "within" in layers:
        functions = plan.cases - wire if len(layers) == 2 else plan.cases
        plateau, end = campaign.within(plan, tally, functions, _tell)
        memory.append(_grown("functions", plateau, end))
        if campaign.has_leaked(plateau, end):
            tally.fault("the functions leak")
    if "wire" in layers:
        memory += asyncio.run(_over_the_wire(plan, tally, wire))
    print(
        "\n".join([*tally.lines(), *memory, f"{len(tally.faults)} faults in {tally.total:,} cases, seed {plan.seed}"]),
        flush=True,
    )


async def _over_the_wire(plan: Plan, tally: Tally, cases: int) -> list[str]:
    async with _town() as town:
        await campaign.over_the_wire(plan, tally, town, cases, _tell)
        for problem in await town.problems():
            tally.fault(problem)
        for event, count in town.log_events().most_common():
            print(f"log: {event}: {count:,}")
        if tally.faults:  # the suite and what it said go away with its folder
            shutil.copytree(town.suite.instance.logs, tally.folder / "logs", dirs_exist_ok=True)
        plateau, end = town.plateau().rss_bytes, town.seen[-1].rss_bytes
    return [_grown(name, plateau[name], end[name]) for name in PARTS]


@asynccontextmanager
async def _town() -> AsyncIterator[Town]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        async with (
            supervisor.running(Path(folder) / "data", Options(engine="standin")) as suite,
            grpc.aio.insecure_channel(suite.instance.gateway) as channel,
        ):
            town = Town(suite, channel)
            await town.prepare()
            yield town


def _tell(words: str) -> None:
    print(words, flush=True)


def _grown(name: str, plateau: int, end: int) -> str:
    grown = (end - plateau) / MIB
    return f"memory of {name:20} {plateau / MIB:8.1f} MiB at the plateau {end / MIB:8.1f} MiB at the end {grown:+8.1f}"


def _replay(file: Path) -> int:
    said = replay.read(file)
    outcome = asyncio.run(_replay_over_the_wire(said)) if replay.needs_suite(said) else replay.within(said)
    print(f"{outcome.word} {outcome.reason} {outcome.what} {outcome.milliseconds:.1f} ms")
    return 1 if outcome.word in FAULTS else 0


async def _replay_over_the_wire(said: Mapping[str, Any]) -> Outcome:
    async with _town() as town:
        outcome = await replay.over_the_wire(said, town)
        for event, count in town.log_events().items():
            print(f"log: {event}: {count:,}")
        return outcome


if __name__ == "__main__":
    sys.exit(main())
