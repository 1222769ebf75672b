"""Lines of witnesses under a checkpoint."""

import pytest
from hypothesis import given
from hypothesis.strategies import integers

from services.audit import checkpoint, cosignature
from services.audit.checkpoint import Checkpoint
from services.audit.key_files import FileSigner
from services.common import note
from services.common.note import COSIGNATURE, NoteInvalid
from tests.audit.keyring import LOG, ORIGIN

WITNESS = FileSigner("witness.test.example", b"w" * 32, COSIGNATURE)
HEAD = checkpoint.sign(Checkpoint(ORIGIN, 7, b"r" * 32), LOG)


@given(at_s=integers(0, 2**63 - 1))
def test_a_cosigned_head_verifies_under_both_keys_and_says_when(at_s: int) -> None:
    line = cosignature.cosign(note.parse(HEAD).text, WITNESS, at_s)
    cosigned = note.parse(cosignature.added(HEAD, (line,)))
    assert note.verify(cosigned, [LOG.verifier, WITNESS.verifier]) == (LOG.verifier, WITNESS.verifier)
    assert note.cosigned_at(cosigned.signatures[1].data) == at_s


def test_a_line_is_added_once() -> None:
    line = cosignature.cosign(note.parse(HEAD).text, WITNESS, 1)
    once = cosignature.added(HEAD, (line,))
    assert cosignature.added(once, (line,)) == once


def test_a_cosignature_of_another_head_is_refused() -> None:
    other = checkpoint.sign(Checkpoint(ORIGIN, 8, b"r" * 32), LOG)
    line = cosignature.cosign(note.parse(other).text, WITNESS, 1)
    with pytest.raises(NoteInvalid, match="does not hold"):
        note.verify(note.parse(cosignature.added(HEAD, (line,))), [LOG.verifier, WITNESS.verifier])


def test_the_key_of_the_log_cannot_cosign() -> None:
    with pytest.raises(NoteInvalid, match="key for cosignatures"):
        cosignature.cosign(note.parse(HEAD).text, LOG, 1)
