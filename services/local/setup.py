"""Installs what the suite needs into .venv, from hashed requirement files. Run by the system's Python: standard library only.

    python3 services/local/setup.py                    install; nothing to do when nothing changed
    python3 services/local/setup.py --lock             renew requirements/*.txt from pyproject.toml
    python3 services/local/setup.py --link-googleapis  put google/api/*.proto where buf finds them

An install that is interrupted is begun anew: the stamp that marks it as done is written last.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON, UV = VENV / "bin" / "python", VENV / "bin" / "uv"
STAMP = VENV / "installed"
REQUIREMENTS = ROOT / "requirements"
LOCKED = (REQUIREMENTS / "bootstrap.txt", REQUIREMENTS / "dev.txt")
OLDEST = (3, 11)
# uv brings certificate authorities of its own; the system's are the ones its administrator trusts.
ENVIRONMENT = {**os.environ, "UV_SYSTEM_CERTS": "1", "UV_LINK_MODE": "copy", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


class SetupProblem(Exception):
    """Something is missing that this program cannot bring; the text says what to do."""


def install() -> None:
    """Makes .venv what the requirement files say, and what the recognition engine needs beside it."""
    if sys.version_info < OLDEST:
        raise SetupProblem(
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11"
        )
    with (ROOT / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not STAMP.exists() or STAMP.read_text() != fingerprint():
            _install_packages()
        run(PYTHON, "-m", "services.recognition.install_paddle")


def _install_packages() -> None:
    if not _runs(PYTHON):
        say("creating .venv")
        shutil.rmtree(VENV, ignore_errors=True)
        _create()
    say("installing packages")
    run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCKED[0])
    run(UV, "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", *LOCKED)
    run(UV, "pip", "install", "--quiet", "--python", PYTHON, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    STAMP.write_text(fingerprint())


def _create() -> None:
    # Run from an environment that make has put first in PATH, this would otherwise build on the folder it has just removed.
    system = sys._base_executable  # type: ignore[attr-defined]
    try:
        run(system, "-m", "venv", VENV)
    except SetupProblem:
        words = "this Python cannot make a virtual environment. On Debian or Ubuntu: apt install python3-venv"
        raise SetupProblem(words) from None


def _runs(python: Path) -> bool:
    """Whether the environment that is there can still be used: its interpreter may have been removed or replaced."""
    version = f"import sys; sys.exit(sys.version != {sys.version!r})"
    return python.exists() and subprocess.run([python, "-c", version], check=False).returncode == 0


def lock() -> None:
    """Resolves pyproject.toml anew. The files hold names, versions and hashes, and no address of a registry."""
    options = ("--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header")
    for name in ("bootstrap", "peers", "training"):
        run(UV, "pip", "compile", *options, REQUIREMENTS / f"{name}.in", "-o", REQUIREMENTS / f"{name}.txt")
    groups = ("dev", "audit", "ingest", "matching", "recognition")
    for group in groups:
        run(UV, "pip", "compile", *options, "pyproject.toml", "--group", group, "-o", REQUIREMENTS / f"{group}.txt")


def link_googleapis() -> None:
    """Links google/api of the installed package into .build: no proto of others goes into the tree."""
    folder = ROOT / ".build" / "googleapis" / "google"
    folder.mkdir(parents=True, exist_ok=True)
    source = next(VENV.glob("lib/python3.*/site-packages/google/api"))
    link = folder / "api"
    if not link.is_symlink() or link.resolve() != source:
        link.unlink(missing_ok=True)
        link.symlink_to(source)


def fingerprint() -> str:
    """Changes when an input or the interpreter does."""
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for file in LOCKED:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def run(*command: object) -> None:
    """Runs a command in the root of the tree. Raises SetupProblem when it fails; its own words are above."""
    words = [str(word) for word in command]
    if subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL, check=False).returncode:
        raise SetupProblem(f"failed: {' '.join(words)}")


def say(words: str) -> None:
    """One line of progress."""
    print(f"setup: {words}", flush=True)  # noqa: T201 - this program has no other voice


def main(arguments: list[str]) -> int:
    """Exit status 0, or 1 after one line that says what is wrong."""
    actions = {"--lock": lock, "--link-googleapis": link_googleapis}
    try:
        actions[arguments[0]]() if arguments else install()
    except SetupProblem as problem:
        say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
