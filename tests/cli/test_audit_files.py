"""`anpr audit verify` on files: what it prints, how it ends, and that it refuses to be asked for what it does not look at."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.audit import tile
from services.cli.__main__ import app
from tests.audit.keyring import LOG
from tests.audit.published import WITNESS, changed, write
from tests.audit.test_verify import honest

KEY, WITNESS_KEY = ("--key", LOG.verifier.encode()), ("--witness-key", WITNESS.verifier.encode())


def verify(*words: Path | str) -> Result:
    return CliRunner().invoke(app, ["audit", "verify", *map(str, words), "--person", "carla"])


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path / "log", honest(300), (256, 300))
    return tmp_path / "log"


def test_an_honest_log_is_verified_and_its_head_kept(tree: Path, tmp_path: Path) -> None:
    done = verify(tree, *KEY, *WITNESS_KEY, "--save", tmp_path / "head")
    assert (done.exit_code, "log verified: 300 entries" in done.output) == (0, True)
    assert "no witness was asked for" not in done.output
    assert (tmp_path / "head").read_bytes() == (tree / "checkpoint").read_bytes()
    assert verify(tree, "--policy", tree / "policy", "--since", tmp_path / "head").exit_code == 0


def test_it_says_what_was_not_asked_for(tree: Path) -> None:
    assert "no witness was asked for" in verify(tree, *KEY).output
    assert "the key is the log's own" in verify(tree).output


def test_a_log_that_was_tampered_with_ends_with_1_and_a_reason(tree: Path, tmp_path: Path) -> None:
    changed(tree / tile.path(0, 0), 40)
    done = verify(tree, *KEY, *WITNESS_KEY, "--save", tmp_path / "head")
    assert (done.exit_code, "LOG NOT VERIFIED" in done.output) == (1, True)
    assert "tile/0/000 is not what lies below it" in done.output
    assert not (tmp_path / "head").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("log", *WITNESS_KEY),
        ("log", *KEY, "--policy", "log/policy"),
        ("log", *WITNESS_KEY, "--policy", "log/policy"),
        ("log", *KEY, "--witness-key", LOG.verifier.encode()),
        ("log", "--key", WITNESS.verifier.encode()),
        ("log", "--key", "x"),
        ("log", *KEY, "--since", "log/policy"),
        (*KEY, *WITNESS_KEY),
        ("--policy", "log/policy"),
        ("nowhere", *KEY),
        ("ftp://127.0.0.1/", *KEY),
        ("http://127.0.0.1:1/", *KEY),
        ("log/manifest.json", *KEY),
        ("nothing.zip", *KEY),
        ("nothing.zip",),
    ],
)
def test_what_cannot_be_looked_at_is_not_verified(
    tree: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tree.parent)
    Path("nothing.zip").write_bytes(b"PK")
    done = verify(*words)
    assert (done.exit_code, isinstance(done.exception, SystemExit)) == (1, True), done.output
    assert "Traceback" not in done.output
    assert "log verified" not in done.output
