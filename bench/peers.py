"""Makes `.venv-peers`: the programs of others that we are measured against, in an environment of their own.

    .venv/bin/python -m bench.peers

Nothing is done when nothing changed; an installation that was cut off is done again from the start. When it cannot be
installed the rows that need it say so, and the others are measured all the same.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from bench.errors import PeerMissing

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv-peers"
PYTHON = FOLDER / "bin" / "python"
REQUIREMENTS = ROOT / "requirements" / "peers.txt"
STAMP = "anpr-stamp"
# One thread each; and ONNX Runtime sends usage data to its vendor unless it is told not to.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "PYTHONPATH": str(ROOT),
    "PYTHONSAFEPATH": "1",
}


def main() -> int:
    """Installs when needed. Exit status 0 in any case: a missing peer costs its rows only."""
    try:
        install()
    except PeerMissing as cause:
        sys.stderr.write(f"the peers could not be installed, their rows will be missing: {cause}\n")
    return 0


def install() -> None:
    """Raises PeerMissing."""
    with REQUIREMENTS.open("rb") as lock:  # one installation at a time
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_current():
            return
        sys.stderr.write("installing the peers (about 370 MB) ...\n")
        (FOLDER / STAMP).unlink(missing_ok=True)
        _uv("venv", "--clear", "--python", sys.executable, str(FOLDER))
        _uv("pip", "install", "--require-hashes", "--python", str(PYTHON), "-r", str(REQUIREMENTS))
        partial = FOLDER / f"{STAMP}.partial"
        partial.write_text(stamp())
        partial.replace(FOLDER / STAMP)


def stamp() -> str:
    """Changes when an installation made before is of no more use."""
    return hashlib.sha256(f"{sys.version} {ROOT}".encode() + REQUIREMENTS.read_bytes()).hexdigest()


def is_current() -> bool:
    """Whether the peers are installed as the requirements say."""
    try:
        return (FOLDER / STAMP).read_text() == stamp()
    except OSError:
        return False


def command(program: str) -> tuple[str, ...]:
    """How a program of bench/peer_programs is started. Raises PeerMissing."""
    if not is_current():
        raise PeerMissing("peer not installed (python -m bench.peers says why)")
    return (str(PYTHON), "-m", f"bench.peer_programs.{program}")


def environment() -> dict[str, str]:
    """The environment of a peer: bare, and one thread."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | ENVIRONMENT


def _uv(*arguments: str) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    variables |= {"UV_SYSTEM_CERTS": "1", "UV_NO_PROGRESS": "1"}
    command_line = [str(ROOT / ".venv" / "bin" / "uv"), "--quiet", *arguments]
    try:
        subprocess.run(
            command_line, env=variables, stdin=subprocess.DEVNULL, capture_output=True, check=True, text=True
        )
    except OSError as cause:
        raise PeerMissing(f"uv: {cause.strerror}") from cause
    except subprocess.CalledProcessError as cause:
        tail = (cause.stderr or cause.stdout).strip().splitlines()[-1:]
        raise PeerMissing(f"uv {arguments[0]}: {' '.join(tail)}") from cause


if __name__ == "__main__":
    sys.exit(main())
