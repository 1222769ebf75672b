"""The encryption of evidence, for all inputs."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, uuids

from services.ingest import sealing
from services.ingest.errors import EvidenceAltered
from services.ingest.sealing import Kek
from tests.ingest.parts import KEK, capture

FRAME = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
CAPTURE = capture(7)
OTHER_KEK = Kek(bytes(32))


@given(picture=binary(max_size=2000), frame_id=uuids())
def test_what_is_sealed_opens_again(picture: bytes, frame_id: UUID) -> None:
    key = sealing.new_key()
    sealed = sealing.seal(picture, key, frame_id, CAPTURE)
    assert len(sealed) == len(picture) + sealing.OVERHEAD_BYTES
    assert sealing.open_sealed(sealed, key, frame_id, CAPTURE) == picture


@given(picture=binary(max_size=200), at=integers(min_value=0), bit=integers(0, 7))
def test_one_changed_bit_is_noticed(picture: bytes, at: int, bit: int) -> None:
    key = sealing.new_key()
    sealed = bytearray(sealing.seal(picture, key, FRAME, CAPTURE))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(EvidenceAltered):
        sealing.open_sealed(bytes(sealed), key, FRAME, CAPTURE)


@given(cut=integers(0, 60))
def test_a_cut_object_or_key_is_noticed(cut: int) -> None:
    key = sealing.new_key()
    sealed, wrapped = sealing.seal(b"picture" * 10, key, FRAME, CAPTURE), sealing.wrap(key, KEK, FRAME)
    with pytest.raises(EvidenceAltered):
        sealing.open_sealed(sealed[:cut], key, FRAME, CAPTURE)
    with pytest.raises(EvidenceAltered):
        sealing.unwrap(wrapped[: min(cut, len(wrapped) - 1)], KEK, FRAME)


def test_an_object_cannot_be_moved_to_another_frame() -> None:
    key = sealing.new_key()
    sealed = sealing.seal(b"picture", key, FRAME, CAPTURE)
    other = UUID(int=FRAME.int ^ 1)
    for frame_id, of in (
        (other, CAPTURE),
        (FRAME, replace(CAPTURE, sequence=8)),
        (FRAME, replace(CAPTURE, camera_id="cam-2")),
    ):
        with pytest.raises(EvidenceAltered):
            sealing.open_sealed(sealed, key, frame_id, of)


def test_a_key_opens_for_its_frame_under_its_kek_only() -> None:
    key = sealing.new_key()
    wrapped = sealing.wrap(key, KEK, FRAME)
    assert sealing.unwrap(wrapped, KEK, FRAME) == key
    assert key not in wrapped
    with pytest.raises(EvidenceAltered):
        sealing.unwrap(wrapped, OTHER_KEK, FRAME)
    with pytest.raises(EvidenceAltered):
        sealing.unwrap(wrapped, KEK, UUID(int=FRAME.int ^ 1))


def test_every_frame_has_a_key_of_its_own() -> None:
    assert len({sealing.new_key() for _ in range(100)}) == 100


def test_a_kek_shows_its_name_and_not_its_bytes() -> None:
    assert KEK.kek_id != OTHER_KEK.kek_id
    assert len(KEK.kek_id) == 16
    assert KEK.secret.hex() not in repr(KEK)
    assert "secret" not in repr(KEK)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_kek_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Kek(bytes(size))
