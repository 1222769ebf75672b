from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import receipt
from services.common.note import NoteInvalid
from services.common.receipt import Receipt
from tests.audit.keyring import LOG, ORIGIN, RECEIPTS, signer

HASH = b64encode(bytes(32)).decode()


@given(index=st.integers(0, 2**62), leaf=st.binary(min_size=32, max_size=32), time_ms=st.integers(0, 2**53))
def test_a_signed_receipt_is_read_back(index: int, leaf: bytes, time_ms: int) -> None:
    promised = Receipt(ORIGIN, index, leaf, time_ms)
    assert receipt.verify(receipt.sign(promised, RECEIPTS), RECEIPTS.verifier) == promised


def test_a_receipt_has_five_lines() -> None:
    assert Receipt("o", 5, bytes(32), 1790000000123).text() == f"anpr-audit/receipt/v1\no\n5\n{HASH}\n1790000000123\n"


def test_the_same_receipt_is_signed_the_same() -> None:
    promised = Receipt(ORIGIN, 5, bytes(32), 7)
    assert receipt.sign(promised, RECEIPTS) == receipt.sign(promised, RECEIPTS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"anpr-audit/receipt/v2\no\n5\n{HASH}\n7\n",
        f"anpr-audit/receipt/v1\no\n05\n{HASH}\n7\n",
        f"anpr-audit/receipt/v1\no\n5\n{HASH[:-1]}\n7\n",
        f"anpr-audit/receipt/v1\no\n5\n{HASH}\n-7\n",
        f"anpr-audit/receipt/v1\no\n5\n{HASH}\n7",
        f"anpr-audit/receipt/v1\no\n5\n{HASH}\n7\nmore\n",
    ],
)
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        receipt.parse(text)


def test_a_receipt_of_another_log_or_key_is_refused() -> None:
    foreign = receipt.sign(Receipt("other.example", 5, bytes(32), 7), RECEIPTS)
    with pytest.raises(NoteInvalid, match="another log"):
        receipt.verify(foreign, RECEIPTS.verifier)
    for key in (LOG, signer("eve")):
        with pytest.raises(NoteInvalid):
            receipt.verify(receipt.sign(Receipt(ORIGIN, 5, bytes(32), 7), key), RECEIPTS.verifier)
