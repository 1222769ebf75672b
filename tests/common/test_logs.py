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
