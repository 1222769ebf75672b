"""Turns, rates and latencies."""

import asyncio
import math
import os
import subprocess
import sys

import grpc
import pytest

from bench import cpu, load
from bench.measure import Side, Tally, interleaved, latencies, percentile


def _side(name: str, turns: list[str], *, items: int = 1) -> Side:
    async def run() -> Tally:
        turns.append(name)
        return Tally(items, (float(len(turns)),))

    return Side(name, run)


async def test_sides_take_turns_after_one_unmeasured_round_each() -> None:
    turns: list[str] = []
    first, second = await interleaved((_side("a", turns), _side("b", turns)), rounds=3)
    assert "".join(turns) == "abababab"
    assert [one.figures for one in first] == [(3.0,), (5.0,), (7.0,)]
    assert [one.figures for one in second] == [(4.0,), (6.0,), (8.0,)]


async def test_without_a_warm_up_the_first_round_counts() -> None:
    turns: list[str] = []
    rounds = await interleaved([_side(name, turns) for name in "abc"], rounds=2, warm_up=False)
    assert "".join(turns) == "abcabc"
    assert [len(one) for one in rounds] == [2, 2, 2]


async def test_cpu_time_is_per_item_and_that_of_the_roots_counts() -> None:
    work = "x = 0\nwhile True: x += 1"
    busy = await asyncio.create_subprocess_exec(sys.executable, "-c", work)

    async def run() -> Tally:
        before = cpu.spent_s((busy.pid,))
        while cpu.spent_s((busy.pid,)) < before + 0.1:
            await asyncio.sleep(0.01)
        return Tally(10, (0.0,))

    try:
        ((with_root,), (without,)) = await interleaved(
            (Side("with", run, (busy.pid,)), Side("without", run)), rounds=1, warm_up=False
        )
    finally:
        busy.kill()
        await busy.wait()
    assert with_root.cpu_us >= 0.1 * 1e6 / 10
    assert without.cpu_us < with_root.cpu_us


def test_the_own_process_among_the_roots_brings_all_that_it_started() -> None:
    before = cpu.spent_s((os.getpid(),))
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.1: pass"], check=True)
    assert cpu.spent_s((os.getpid(),)) >= before + 0.1


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([1.0], 0.99, 1.0), ([1.0, 2.0], 0.5, 1.0), (list(range(1, 101)), 0.99, 99), (list(range(1, 102)), 0.99, 100)],
)
def test_a_percentile_is_a_value_that_was_seen(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_latencies_are_milliseconds() -> None:
    assert latencies([0.003, 0.001, 0.002]) == Tally(3, (2.0, 3.0))


async def test_closed_loop_keeps_so_many_clients_at_work() -> None:
    at_work, most = 0, 0

    async def call() -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.001)
        at_work -= 1

    tally = await load.rate(call, clients=5, seconds=0.05, calls_each=2)
    assert most == 5
    assert tally.items % 2 == 0


async def test_open_loop_counts_from_when_a_call_was_due() -> None:
    """One slow answer delays no call after it; calls that came late because the loop stood still show that."""

    async def call() -> None:
        if next(numbers) == 0:
            await asyncio.sleep(0.2)

    numbers = iter(range(1000))
    tally = await load.opened(call, each_s=0.002, seconds=0.1)
    assert tally.items == 50
    assert tally.figures[1] >= 200 > tally.figures[0]


async def test_a_refused_call_takes_for_ever() -> None:
    async def refuse() -> None:
        raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())

    tally = await load.opened(refuse, each_s=0.001, seconds=0.005)
    assert tally.figures == (math.inf, math.inf)
