"""Bytes guided by coverage, for the functions of tests.fuzz.probes: atheris, in an environment of its own.

    uv venv .build/atheris && uv pip install --python .build/atheris/bin/python atheris

It is no dependency of the suite: its wheels exist for few versions of Python. The probes' own cases are the corpus.
"""

# ruff: noqa: T201 (this is a program: it prints)

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from types import FunctionType, ModuleType
from typing import Any

from services.common.errors import Refusal
from tests.fuzz import probes
from tests.fuzz.probe import Probe

PYTHON = Path(".build/atheris/bin/python")
MARK = "ANPR_FUZZ_PROBE"
CORPUS = 200
INSTRUMENTED = (
    "services.common",
    "services.ingest.wire",
    "services.matching",
    "services.audit",
    "services.recognition.pipe",
)


def run(only: str, seconds: int, failures: Path) -> int:
    """Each probe whose name contains `only`, for its share of the time. Exit status."""
    if not PYTHON.exists():
        print(f"{PYTHON} is missing: see the head of this file")
        return 2
    chosen = [probe for name, probe in probes.everything().items() if only in name]
    return max([_guide(probe, max(1, seconds // len(chosen)), failures) for probe in chosen], default=0)


def _guide(probe: Probe, seconds: int, failures: Path) -> int:
    """A process of its own: atheris ends the one in which it finds something."""
    failures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="corpus-") as corpus:
        for number in range(CORPUS):
            (Path(corpus) / str(number)).write_bytes(probe.make(Random(number)))
        prefix = failures / f"{probe.name.replace('/', '.')}-"
        options = [
            f"-max_total_time={seconds}",
            f"-artifact_prefix={prefix}",
            "-timeout=20",
            "-rss_limit_mb=4096",
            "-print_final_stats=1",
        ]
        path = os.pathsep.join(entry for entry in sys.path if entry)
        environment = {**os.environ, MARK: probe.name, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(
            [str(PYTHON), "-m", "tests.fuzz.coverage", *options, corpus],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
    stats = [line for line in done.stderr.splitlines() if line.startswith(("Done ", "stat::average_exec"))]
    print(
        f"{probe.name}: {' '.join(stats) if done.returncode == 0 else done.stdout[-1500:] + done.stderr[-1500:]}",
        flush=True,
    )
    return 1 if done.returncode else 0


def _main() -> None:
    """Inside the environment of atheris."""
    atheris = importlib.import_module("atheris")  # only there

    for module in [name for name in sys.modules if name.startswith(INSTRUMENTED)]:
        _instrument(atheris, sys.modules[module])
    probe = probes.everything()[os.environ[MARK]]  # after that: it holds on to functions

    def look(content: bytes) -> None:
        try:
            probe.look(content)
        except probe.documented:
            return
        except Refusal:
            return

    atheris.Setup(sys.argv, look)
    atheris.Fuzz()


def _instrument(atheris: Any, module: ModuleType) -> None:
    """Functions that are loaded already; those in classes stay as they are."""
    for name, function in list(vars(module).items()):
        if isinstance(function, FunctionType) and function.__module__ == module.__name__:
            setattr(module, name, atheris.instrument_func(function))


if __name__ == "__main__":
    _main()
