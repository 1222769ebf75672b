"""Published logs in folders: what is honest passes, and every tampering is found, by two verifiers that share no code."""

import ast
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from services.audit import tile, tree_verify, trust
from services.audit.key_files import FileSigner
from services.audit.tree import FolderTree, Missing, WebTree
from services.audit.tree_export import ExportFailed, TreeWriter
from services.audit.verify import SourceFailed
from services.common.note import COSIGNATURE
from tests.audit import published
from tests.audit.keyring import LOG, signer
from tests.audit.published import (
    HOSTILE,
    KEPT,
    LARGE,
    OLDER,
    SIZE,
    TAMPERED,
    TRUST,
    WITNESS,
    changed,
    head,
    heads,
    write,
)
from tests.audit.test_verify import honest

STANDALONE = Path(tree_verify.__file__).parent / "standalone" / "audit_verify.py"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest log that nobody changes."""
    folder = tmp_path_factory.mktemp("published") / "log"
    write(folder, honest(SIZE))
    return folder


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with three levels of tiles."""
    folder = tmp_path_factory.mktemp("published") / "log"
    write(folder, honest(LARGE), (65_536, LARGE))
    return folder


@pytest.fixture
def tree(whole: Path, tmp_path: Path) -> Path:
    """A copy to tamper with."""
    return Path(shutil.copytree(whole, tmp_path / "log"))


def ours(folder: Path, since: list[str] | None = None) -> list[str]:
    """What our verifier finds wrong."""
    try:
        result = tree_verify.verify(FolderTree(folder), TRUST, since=since or [])
    except SourceFailed as cause:
        return [str(cause)]
    return [f"{failure.check}: {failure.words}" for failure in result.failures]


def alone(folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """The verifier that stands alone, as an auditor runs it."""
    keys = ("--key", LOG.verifier.encode(), "--witness-key", WITNESS.verifier.encode())
    return plain(folder, *keys, *more)


def plain(*words: Path | str) -> "subprocess.CompletedProcess[str]":
    """The same with no keys of ours. No site packages, no environment, no current folder."""
    command = [sys.executable, "-I", "-S", str(STANDALONE), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_an_honest_log_passes_both_verifiers(whole: Path) -> None:
    assert ours(whole) == []
    done = alone(whole)
    assert (done.returncode, done.stdout.startswith("PASS: 1000 entries"), done.stderr) == (0, True, "")
    assert alone(whole, "--policy", str(whole / "policy")).returncode == 0


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512])
def test_a_log_of_any_size_passes_both_verifiers(tmp_path: Path, size: int) -> None:
    write(tmp_path / "log", honest(size), (size,))
    assert ours(tmp_path / "log") == []
    assert alone(tmp_path / "log").stdout.startswith("PASS")


@pytest.mark.parametrize("attack", TAMPERED)
def test_every_tampering_is_found_by_both_verifiers(tree: Path, attack: str) -> None:
    TAMPERED[attack](tree)
    assert ours(tree) != []
    done = alone(tree)
    assert (done.returncode, done.stderr) == (1, "")
    reason, verdict = done.stdout.splitlines()[0], done.stdout.splitlines()[-1]
    assert (verdict, reason[:2]) == ("FAIL", "  ")
    assert "damaged" not in reason


@pytest.mark.parametrize("path", [None, tile.path(0, 200), tile.path(1, 0), tile.path(1, 1, 1), tile.path(2, 0, 1)])
def test_in_a_large_log_every_level_is_compared(large: Path, path: str | None) -> None:
    if path:
        published.changed(large / path, 4)
    assert bool(ours(large)) == bool(path)
    assert alone(large).returncode == bool(path)
    if path:
        published.changed(large / path, 4)


@pytest.mark.parametrize("attack", KEPT)
def test_who_kept_a_head_finds_what_the_log_no_longer_shows(tree: Path, whole: Path, attack: str) -> None:
    KEPT[attack](tree)
    for older in OLDER:
        (tree / f"checkpoint.{older}").unlink(missing_ok=True)
    assert ours(tree) == []
    assert alone(tree).returncode == 0
    assert ours(tree, [(whole / "checkpoint").read_text()]) != []
    assert alone(tree, "--since", str(whole / "checkpoint")).returncode == 1


def test_the_newest_head_need_not_be_the_one_that_was_kept(whole: Path) -> None:
    assert ours(whole, [(whole / "checkpoint.300").read_text()]) == []
    assert alone(whole, "--since", str(whole / "checkpoint.300")).returncode == 0


@pytest.mark.parametrize("words", [[], ["FOLDER"], ["FOLDER", "--key"], ["--policy", "x"], ["a", "b", "--key", "k"]])
def test_called_wrongly_it_says_how_and_does_not_pass(words: list[str]) -> None:
    done = subprocess.run([sys.executable, str(STANDALONE), *words], capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2)
    assert "PASS:" not in done.stdout


@pytest.mark.parametrize("key", ["x", "a+b+c", LOG.verifier.encode()[:-4], ""])
def test_a_key_that_is_none_is_no_pass(whole: Path, key: str) -> None:
    done = subprocess.run(
        [sys.executable, str(STANDALONE), str(whole), "--key", key], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "FAIL")


def test_partial_tiles_lie_there_for_every_head_and_whole_ones_may_take_their_place(whole: Path, tree: Path) -> None:
    for size in (*OLDER, SIZE):
        for level, number in tile.edge_places(size):
            assert (whole / tile.path(level, number, tile.width(level, number, size))).exists(), size
    shutil.rmtree(tree / "tile" / "0" / "001.p")
    assert ours(tree) == []


def test_the_manifest_names_every_other_file(whole: Path) -> None:
    manifest = json.loads((whole / "manifest.json").read_text())
    files = {str(file.relative_to(whole)) for file in whole.rglob("*") if file.is_file()}
    assert set(manifest["files"]) | {"manifest.json"} == files
    assert (manifest["size"], manifest["heads"]) == (SIZE, [*OLDER, SIZE])


def test_what_is_exported_fits_its_heads_or_is_not_exported(tmp_path: Path) -> None:
    leaves = honest(300)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(ExportFailed, match="not empty"):
        TreeWriter(tmp_path / "full", [])
    writer = TreeWriter(tmp_path / "a", [head(300, bytes(32))])
    with pytest.raises(ExportFailed, match="root"):
        writer.take(leaves)
    writer = TreeWriter(tmp_path / "b", heads(leaves, (300,)))
    writer.take(leaves[:299])
    with pytest.raises(ExportFailed, match="newest head"):
        writer.end({}, "")


def test_a_file_that_never_ends_is_not_read_to_its_end(tree: Path) -> None:
    (tree / tile.path("entries", published.FULL)).write_bytes(bytes(1 << 25))
    assert any("longer than" in words for words in ours(tree))


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x", "/etc"])
def test_only_the_web_is_read_at_an_address(address: str) -> None:
    with pytest.raises(SourceFailed):
        WebTree(address)


def test_a_path_that_is_not_there_is_missing(whole: Path) -> None:
    with pytest.raises(Missing):
        FolderTree(whole).read("tile/7/000", 10)


def test_the_verifier_needs_neither_rpc_nor_sql() -> None:
    program = "import services.audit.tree_verify, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {name.partition(".")[0] for name in loaded} & {"grpc", "psycopg", "google", "anpr", "minio"}


OTHER = FileSigner("other.test.example", b"o" * 32, COSIGNATURE)
POLICY = f"""# what the oversight body gave us
log {LOG.verifier.encode()} https://log.example/
witness coc {WITNESS.verifier.encode()}
witness other {OTHER.verifier.encode()}
group both all coc other
quorum both
"""


def test_a_policy_says_who_must_have_cosigned() -> None:
    read = trust.parse(POLICY)
    assert read.is_met_by(("coc", "other"))
    assert not read.is_met_by(("coc",))
    assert trust.parse(POLICY.replace("both all", "both any")).is_met_by(("coc",))
    assert trust.parse(POLICY.replace("quorum both", "quorum none")).is_met_by(())
    assert trust.parse(trust.encode(TRUST)) == TRUST


@pytest.mark.parametrize(
    "change",
    [
        ("quorum both", ""),
        ("quorum both", "quorum somebody"),
        ("quorum both", "quorum both\nquorum none"),
        ("both all coc other", "both 3 coc other"),
        ("both all coc other", "both 0 coc other"),
        ("both all coc other", "both all coc coc"),
        ("both all coc other", "both all coc later"),
        ("group both all", "group coc all"),
        (f"log {LOG.verifier.encode()} https://log.example/\n", ""),
        (f"log {LOG.verifier.encode()}", f"log {signer('x').verifier.encode()}\nlog {LOG.verifier.encode()}"),
        (f"witness coc {WITNESS.verifier.encode()}", f"witness coc {LOG.verifier.encode()}"),
        (f"witness other {OTHER.verifier.encode()}", f"witness other {WITNESS.verifier.encode()}"),
        (f"witness other {OTHER.verifier.encode()}", f"witness none {OTHER.verifier.encode()}"),
        (f"log {LOG.verifier.encode()}", f"log {WITNESS.verifier.encode()}"),
        ("# what", "what"),
    ],
)
def test_a_policy_that_says_nothing_clear_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    assert change[0] in POLICY
    text = POLICY.replace(*change)
    with pytest.raises(trust.TrustInvalid):
        trust.parse(text)
    (tmp_path / "policy").write_text(text)
    write(tmp_path / "log", honest(3), (3,))
    done = plain(tmp_path / "log", "--policy", str(tmp_path / "policy"))
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (1, "", "FAIL")


def test_a_key_is_taken_for_nothing_else(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(trust.TrustInvalid):
        trust.of_keys(LOG.verifier, [LOG.verifier])
    with pytest.raises(trust.TrustInvalid):
        trust.of_keys(WITNESS.verifier, [])
    assert alone(whole, "--witness-key", LOG.verifier.encode()).returncode == 1
    (tmp_path / "policy").write_text(trust.encode(trust.of_keys(signer("x").verifier, [WITNESS.verifier])))
    assert alone(whole, "--policy", str(tmp_path / "policy")).returncode == 1  # --key says otherwise


def test_it_says_when_no_witness_was_asked_for(whole: Path) -> None:
    assert plain(whole, "--key", LOG.verifier.encode()).stdout.endswith("no witness was asked for\n")
    assert "no witness" not in alone(whole).stdout
    assert tree_verify.WITNESSED in tree_verify.verify(FolderTree(whole), TRUST).checked
    unwitnessed = trust.of_keys(LOG.verifier, [])
    assert tree_verify.WITNESSED not in tree_verify.verify(FolderTree(whole), unwitnessed).checked


def test_the_one_that_stands_alone_is_python_3_8_and_imports_the_standard_library() -> None:
    program = ast.parse(STANDALONE.read_text(), feature_version=(3, 8))
    imported = {name.name for node in ast.walk(program) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(program) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize("attack", HOSTILE)
def test_what_is_made_to_wear_the_verifier_out_is_refused_at_once(tree: Path, attack: str) -> None:
    HOSTILE[attack](tree)
    assert ours(tree) != []
    done = alone(tree)
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (1, "", "FAIL")


@contextmanager
def web(answer: Callable[[socket.socket, bytes], object]) -> Iterator[str]:
    """A server that answers each request in its own way."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    answer(connection, connection.recv(4096))

        Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/log"


Answer = Callable[[socket.socket, bytes], object]


def sent(*parts: bytes) -> Answer:
    return lambda connection, _: connection.sendall(b"".join(parts))


def dripping(first: bytes) -> Answer:
    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(first)
        for _count in range(40):
            connection.sendall(b"x")
            time.sleep(0.1)

    return answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (sent(b"\x00\xffnonsense\r\n\r\n"), "as it should"),
        (sent(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "as it should"),
        (sent(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500 + b"\r\n"), "as it should"),
        (sent(b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"), "answers 302"),
        (sent(b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"), "answers 500"),
        (sent(b"HTTP/1.1 200 OK\r\n\r\n", bytes(5000)), "longer than 1000"),
        (sent(), "as it should"),
        (dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"), "in time"),
        (dripping(b"HTTP/1.1 200 OK\r\na: "), "in time"),
    ],
)
def test_a_hostile_server_is_a_log_that_cannot_be_read(answer: Answer, words: str) -> None:
    with web(answer) as address, pytest.raises(SourceFailed, match=words):
        WebTree(address, deadline_s=1.0).read("checkpoint", 1000)


def test_a_log_on_the_web_is_checked_as_one_in_a_folder(tree: Path) -> None:
    def answer(connection: socket.socket, request: bytes) -> None:
        file = tree / request.split()[1].decode().removeprefix("/log/")
        data = file.read_bytes() if file.is_file() else b""
        head = f"HTTP/1.1 {'200 OK' if data else '404 x'}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + data)

    with web(answer) as address:
        assert tree_verify.verify(WebTree(address), TRUST).holds
        changed(tree / tile.path(1, 0, SIZE // 256), 40)
        assert [failure.check for failure in tree_verify.verify(WebTree(address), TRUST).failures] == [8]
