"""What a process says about its faults."""

import json
import subprocess
import sys

import pytest

PLATE = "1XQZ417"
PROGRAMS = {
    "logged": "structlog.get_logger().error('failed', exc_info=cause)",
    "foreign": "logging.getLogger('library').error('failed', exc_info=cause)",
    "died": "raise",
}
TEMPLATE = """
import logging, structlog
from services.common import logs
logs.configure("test")
plate = "{plate}"
try:
    try:
        {{}}[plate]
    except KeyError as inner:
        raise ExceptionGroup("group", [ValueError(plate), {harmless}]) from inner
except Exception as cause:
    cause.add_note(plate)
    {end}
"""


NOBODY_TAKES = {
    "task": "asyncio.ensure_future(fail(plate))",
    "callback": "asyncio.get_running_loop().call_soon({}.__getitem__, plate)",
    "finaliser": "Fragile()",
    "thread": "thread = threading.Thread(target=fail_now, args=(plate,)); thread.start(); thread.join()",
}
LEFT_ALONE = """
import asyncio, gc, threading
from services.common import logs
logs.configure("test")
plate = "{plate}"
def fail_now(text): raise KeyError(text)
async def fail(text): raise KeyError(text)
class Fragile:
    def __del__(self): raise KeyError(plate)
async def main():
    {act}
    await asyncio.sleep(0.01)
    gc.collect()
asyncio.run(main())
"""


@pytest.mark.parametrize("act", NOBODY_TAKES)
def test_a_fault_that_nobody_takes_is_told_in_the_same_way(act: str) -> None:
    program = LEFT_ALONE.format(plate=PLATE, act=NOBODY_TAKES[act])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    (line,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (line["level"], line["exception"][0]["exc_type"]) == ("error", "KeyError")
    assert PLATE not in done.stdout + done.stderr


@pytest.mark.parametrize("end", PROGRAMS)
def test_a_fault_is_told_without_the_values_it_is_about(end: str) -> None:
    program = TEMPLATE.format(plate=PLATE, end=PROGRAMS[end], harmless="ConnectionRefusedError('port 5432 is closed')")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["level"] for line in lines] == ["critical" if end == "died" else "error"]
    assert "KeyError" in done.stdout
    assert "ValueError" in done.stdout
    assert "port 5432 is closed" in done.stdout, "what speaks of the machine alone is kept"
    assert PLATE not in done.stdout + done.stderr
