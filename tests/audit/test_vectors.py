"""The vectors that we give away: rebuilt without a difference, and judged as they say."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.audit import merkle, tree_verify
from services.audit.merkle import ProofInvalid
from services.audit.tree import FolderTree
from tests.audit.keyring import LOG
from tests.audit.published import TRUST
from tests.audit.test_tree_verify import STANDALONE
from tests.vectors import build


def cases(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((build.HERE / f"{name}.json").read_text())
    return found


def judged(verify: Any, *arguments: Any) -> bool:
    try:
        verify(*arguments)
    except ProofInvalid:
        return False
    return True


def test_they_are_built_again_without_a_difference(tmp_path: Path) -> None:
    build.main(tmp_path)
    made = {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    kept = {
        file.relative_to(build.HERE): file.read_bytes()
        for file in build.HERE.rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc")
    }
    assert made == kept


@pytest.mark.parametrize("name", cases("inclusion"))
def test_an_inclusion_proof_is_judged_as_it_says(name: str) -> None:
    said = cases("inclusion")[name]
    path = [bytes.fromhex(one) for one in said["path"]]
    leaf, root = bytes.fromhex(said["leaf"]), bytes.fromhex(said["root"])
    assert judged(merkle.verify_inclusion, said["index"], said["size"], leaf, path, root) is said["holds"]


@pytest.mark.parametrize("name", cases("consistency"))
def test_a_consistency_proof_is_judged_as_it_says(name: str) -> None:
    said = cases("consistency")[name]
    path = [bytes.fromhex(one) for one in said["path"]]
    roots = [bytes.fromhex(said[root]) for root in ("root1", "root2")]
    assert judged(merkle.verify_consistency, said["first"], said["second"], path, *roots) is said["holds"]


def test_the_small_log_passes_both_verifiers() -> None:
    assert tree_verify.verify(FolderTree(build.HERE / "log"), TRUST).holds
    command = [sys.executable, "-I", str(STANDALONE), str(build.HERE / "log"), "--key", LOG.verifier.encode()]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
