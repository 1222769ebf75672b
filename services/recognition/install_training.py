"""Makes `.venv-training`: PyTorch and what exports its networks, in an environment of its own.

    .venv/bin/python -m services.recognition.install_training

No service needs it. PyTorch is pinned by version and not by hash, because its build is the machine's: with or without a
GPU's libraries; everything else is hashed. pip fetches it, since uv does not look into folders of wheels that pip is told
of. Nothing is done when nothing changed; an installation that was cut off is done again from the start.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-training"
REQUIREMENTS = ROOT / "requirements"
TORCH, PACKAGES = "training-torch.txt", "training.txt"
STAMP = "anpr-stamp"


class Failed(Exception):
    """A step did not work; its own words are above."""


def main(folder: Path = FOLDER) -> int:
    """Installs into `folder` when needed. Exit status."""
    wanted = stamp()
    if (folder / STAMP).exists() and (folder / STAMP).read_text() == wanted:
        return 0
    try:
        install(folder, wanted)
    except Failed as cause:
        sys.stderr.write(f"the training environment could not be installed: {cause}\n")
        return 1
    return 0


def stamp() -> str:
    """Changes when an installation made before is of no more use."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {sys.platform}".encode())
    for file in (Path(__file__), REQUIREMENTS / TORCH, REQUIREMENTS / PACKAGES):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def install(folder: Path, wanted: str) -> None:
    """All steps; the stamp comes last. Raises Failed."""
    sys.stderr.write("installing the training environment (PyTorch; 1 GB, with a GPU's libraries several) ...\n")
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", folder)
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet")
    _run(*pip, "-r", REQUIREMENTS / TORCH)
    _run(*pip, "--require-hashes", "-r", REQUIREMENTS / PACKAGES)
    (folder / STAMP).write_text(wanted)


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode:
        raise Failed(" ".join(words))


if __name__ == "__main__":
    sys.exit(main())
