"""What the witness cosigns and what it refuses, request by request."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import binary

from services.audit import checkpoint, cosignature, merkle
from services.audit.checkpoint import Checkpoint
from services.audit.key_files import FileSigner
from services.common import note
from services.common.note import COSIGNATURE, NoteInvalid, Signature
from services.witness.heads import FolderInUse, Heads, name
from services.witness.witness import Refused, Verdict, Witness, decode
from tests.audit.keyring import LOG, ORIGIN, signer

KEY = FileSigner("witness.test.example", b"w" * 32, COSIGNATURE)
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]
FORK = [*LEAVES[:5], *(merkle.leaf_hash(b"fork" + bytes([number])) for number in range(35))]


def head(size: int, leaves: list[bytes] = LEAVES, key: FileSigner = LOG, origin: str = ORIGIN) -> str:
    return checkpoint.sign(Checkpoint(origin, size, merkle.root(leaves[:size])), key)


def request(old: int, size: int, leaves: list[bytes] = LEAVES) -> bytes:
    proof = merkle.consistency(old, leaves[:size]) if 0 < old < size else []
    return cosignature.request(old, proof, head(size, leaves))


@pytest.fixture
def heads(tmp_path: Path) -> Iterator[Heads]:
    opened = Heads(tmp_path / "witness")
    yield opened
    opened.close()


@pytest.fixture
def witness(heads: Heads) -> Witness:
    return Witness(KEY, {ORIGIN: [LOG.verifier]}, heads, clock=lambda: 1_790_000_000.5)


def test_a_log_that_grows_is_cosigned_head_by_head(witness: Witness) -> None:
    old = 0
    for size in (1, 2, 7, 8, 8, 40):
        verdict = witness.add(request(old, size))
        assert verdict.status == 200
        cosigned = note.Note(checkpoint.unverified(head(size)).text(), note.parse_lines(verdict.text))
        assert note.verify(cosigned, [KEY.verifier]) == (KEY.verifier,)
        assert note.cosigned_at(cosigned.signatures[0].data) == 1_790_000_000
        old = size
    kept = witness.newest(name(ORIGIN))
    assert note.verify(note.parse(kept.text), [LOG.verifier, KEY.verifier]) == (LOG.verifier, KEY.verifier)


def test_the_head_of_the_empty_log_is_cosigned_and_continued(witness: Witness) -> None:
    assert [witness.add(request(0, size)).status for size in (0, 0, 3)] == [200, 200, 200]


REFUSED = {
    "unknown-log": (cosignature.request(0, [], head(3, key=signer("other.example"), origin="other.example")), 404),
    "signed-by-another-key": (cosignature.request(0, [], head(3, key=signer("other.example"))), 403),
    "signed-by-the-witness-alone": (
        cosignature.request(0, [], note.sign(checkpoint.unverified(head(3)).text(), signer("w.example"))),
        403,
    ),
    "old-above-new": (cosignature.request(9, [], head(8)), 400),
    "old-of-somebody-else": (request(4, 8), 409),
    "never-seen-before": (request(0, 8), 409),
    "rolled-back": (request(3, 3), 409),
    "fork-of-the-same-size": (request(7, 7, FORK), 409),
    "fork-with-its-own-proof": (request(7, 12, FORK), 422),
    "no-proof": (cosignature.request(7, [], head(12)), 422),
    "proof-of-another-size": (cosignature.request(7, merkle.consistency(7, LEAVES[:13]), head(12)), 422),
    "proof-too-long": (cosignature.request(7, [*merkle.consistency(7, LEAVES[:12]), bytes(32)], head(12)), 422),
    "proof-where-none-belongs": (cosignature.request(7, [bytes(32)], head(7)), 422),
    "64-hashes": (cosignature.request(7, [bytes(32)] * 64, head(12)), 400),
    "short-hash": (cosignature.request(7, [bytes(31)], head(12)), 400),
    "no-old": (request(7, 12).partition(b"\n")[2], 400),
    "old-with-a-zero-before": (request(7, 12).replace(b"old 7", b"old 07"), 400),
    "edited-size": (request(7, 12).replace(b"\n12\n", b"\n13\n"), 403),
    "nothing": (b"", 400),
    "no-text": (b"\xff\xfe", 400),
}


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_continue_the_last_head_is_refused_and_changes_nothing(
    witness: Witness, body: bytes, status: int
) -> None:
    witness.add(request(0, 7))
    before = witness.newest(name(ORIGIN))
    verdict = witness.add(body)
    assert verdict.status == status
    assert "\u2014" not in verdict.text
    assert witness.newest(name(ORIGIN)) == before
    assert witness.add(request(7, 12)).status == 200


def test_who_does_not_know_the_last_size_is_told(witness: Witness) -> None:
    witness.add(request(0, 7))
    assert witness.add(request(0, 12)) == Verdict(409, "7\n", is_size=True)
    assert not witness.add(request(7, 7, FORK)).is_size


@given(body=binary(max_size=200))
def test_noise_is_no_request(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        decode(body)
    assert refused.value.verdict.status == 400


def test_of_two_histories_at_once_one_is_cosigned(witness: Witness) -> None:
    witness.add(request(0, 5))
    verdicts: list[int] = []
    bodies = [request(5, 5 + number, leaves) for number in range(1, 9) for leaves in (LEAVES, FORK)]
    threads = [threading.Thread(target=lambda body=body: verdicts.append(witness.add(body).status)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(verdicts) == [200, *[409] * 15]


def test_a_folder_belongs_to_one_witness(heads: Heads, tmp_path: Path) -> None:
    with pytest.raises(FolderInUse):
        Heads(tmp_path / "witness")
    assert heads.get("somebody") is None


def test_what_was_cosigned_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    for size, status in ((7, 200), (9, 409)):
        heads = Heads(tmp_path)
        assert Witness(KEY, {ORIGIN: [LOG.verifier]}, heads).add(request(0, size)).status == status
        heads.close()


def test_two_logs_are_kept_apart(heads: Heads) -> None:
    other = signer("other.example")
    witness = Witness(KEY, {ORIGIN: [LOG.verifier], "other.example": [other.verifier]}, heads)
    assert witness.add(request(0, 7)).status == 200
    assert witness.add(cosignature.request(0, [], head(3, key=other, origin="other.example"))).status == 200
    assert witness.add(cosignature.request(7, [], head(9, key=other, origin="other.example"))).status == 409


def _with_lines(signed: str, *lines: Signature) -> str:
    found = note.parse(signed)
    return note.Note(found.text, (*found.signatures, *lines)).encode()


@pytest.mark.parametrize(
    "lines",
    [
        [Signature("x", b"junk", b"123456789")] * 99,  # with the witness's own they would be more than a note may have
        [Signature(KEY.verifier.name, KEY.verifier.key_id, bytes(72))],  # as if the witness had signed, and wrongly
    ],
    ids=["99-lines", "forged-line-of-the-witness"],
)
def test_lines_that_a_stranger_adds_to_a_public_head_are_not_kept(witness: Witness, lines: list[Signature]) -> None:
    """No key is needed for that: the head is published."""
    witness.add(request(0, 7))
    assert witness.add(cosignature.request(7, [], _with_lines(head(7), *lines))).status == 200
    kept = note.parse(witness.newest(name(ORIGIN)).text)
    assert note.verify(kept, [LOG.verifier, KEY.verifier]) == (LOG.verifier, KEY.verifier)
    assert len(kept.signatures) == 2
    assert witness.add(request(7, 12)).status == 200


@pytest.mark.parametrize("kept", ["", "x", head(3)], ids=["empty", "damaged", "of-somebody-else"])
def test_a_file_that_is_no_head_of_its_own_is_no_reason_to_begin_anew(
    witness: Witness, tmp_path: Path, kept: str
) -> None:
    witness.add(request(0, 7))
    (tmp_path / "witness" / f"{name(ORIGIN)}.checkpoint").write_text(kept)
    with pytest.raises(NoteInvalid):
        witness.verify_kept()
    with pytest.raises(NoteInvalid):
        witness.add(request(0, 9, FORK))


def test_a_head_that_the_disk_takes_in_part_is_not_kept(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: a write says how much it took, and the next one fails."""
    code = f"""
import resource
from pathlib import Path
from services.witness.heads import Heads
heads = Heads(Path({str(tmp_path)!r}))
heads.put("origin", "short")
resource.setrlimit(resource.RLIMIT_FSIZE, (150, 150))
try:
    heads.put("origin", "x" * 400)
except OSError:
    print(heads.get("origin"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "short\n"
