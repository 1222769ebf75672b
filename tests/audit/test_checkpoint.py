from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit import checkpoint
from services.audit.checkpoint import Checkpoint
from services.common import note, receipt
from services.common.note import NoteInvalid
from services.common.receipt import Receipt
from tests.audit.keyring import LOG, ORIGIN, RECEIPTS, signer

ROOT = b64encode(bytes(32)).decode()


@given(size=st.integers(0, 2**62), root=st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_is_read_back(size: int, root: bytes) -> None:
    head = Checkpoint(ORIGIN, size, root)
    assert checkpoint.verify(checkpoint.sign(head, LOG), ORIGIN, [LOG.verifier]) == head


def test_a_checkpoint_has_three_lines() -> None:
    assert Checkpoint("origin", 5, bytes(32)).text() == f"origin\n5\n{ROOT}\n"


def test_extension_lines_of_others_are_kept() -> None:
    assert checkpoint.parse(f"o\n1\n{ROOT}\nmore\n") == Checkpoint("o", 1, bytes(32), ("more",))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        f"\n1\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n1 \n{ROOT}\n",
        f"o\n\u0661\n{ROOT}\n",
        f"o\n{10**19}\n{ROOT}\n",
        f"o\n1\n{ROOT}",
        f"o\n1\n{ROOT[:-1]}\n",
        f"o\n1\n{ROOT}\n\n",
        f"o\n1\n{b64encode(bytes(31)).decode()}\n",
        f"o\n1\n{bytes(32).hex()}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        checkpoint.parse(text)


def test_a_checkpoint_of_another_log_is_refused() -> None:
    other = checkpoint.sign(Checkpoint("another.example", 5, bytes(32)), LOG)
    with pytest.raises(NoteInvalid, match="another log"):
        checkpoint.verify(other, ORIGIN, [LOG.verifier])
    with pytest.raises(NoteInvalid):
        checkpoint.verify(checkpoint.sign(Checkpoint(ORIGIN, 5, bytes(32)), signer("eve")), ORIGIN, [LOG.verifier])


def test_a_receipt_never_passes_as_a_checkpoint_nor_the_reverse() -> None:
    promised = receipt.sign(Receipt(ORIGIN, 5, bytes(32), 7), RECEIPTS)
    head = checkpoint.sign(Checkpoint(ORIGIN, 5, bytes(32)), LOG)
    for text, key in ((promised, LOG.verifier), (promised, RECEIPTS.verifier)):
        with pytest.raises(NoteInvalid):
            checkpoint.verify(text, ORIGIN, [key])
    for key in (LOG.verifier, RECEIPTS.verifier):
        with pytest.raises(NoteInvalid):
            receipt.verify(head, key)
    with pytest.raises(NoteInvalid):
        checkpoint.unverified(promised)
    with pytest.raises(NoteInvalid):
        receipt.parse(note.parse(head).text)
