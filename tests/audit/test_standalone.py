"""The Ed25519 (RFC 8032) of the verifier that stands alone: against OpenSSL, and where it must be strict. How it is called."""

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis.strategies import binary, integers

from tests.audit.test_tree_verify import STANDALONE

ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19
IDENTITY = (1).to_bytes(32, "little")


def load() -> ModuleType:
    about = importlib.util.spec_from_file_location("audit_verify", STANDALONE)
    assert about is not None
    assert about.loader is not None
    module = importlib.util.module_from_spec(about)
    about.loader.exec_module(module)
    return module


ALONE = load()


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def of_openssl(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


# RFC 8032, section 7.1: tests 1 to 3.
RFC = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC)
def test_the_signatures_of_rfc_8032_hold(key: str, message: str, signature: str) -> None:
    assert ALONE.is_signed(*(bytes.fromhex(text) for text in (key, message, signature)))


@settings(max_examples=25, deadline=None)
@given(seed=binary(min_size=32, max_size=32), message=binary(max_size=80), bit=integers(0, 64 * 8 + 32 * 8 - 1))
def test_a_signature_holds_and_one_bit_less_does_not(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    both = bytearray(private.sign(message) + public(private))
    assert ALONE.is_signed(bytes(both[64:]), message, bytes(both[:64]))
    both[bit // 8] ^= 1 << bit % 8
    key, signature = bytes(both[64:]), bytes(both[:64])
    assert ALONE.is_signed(key, message, signature) == of_openssl(key, message, signature) == False  # noqa: E712
    assert not ALONE.is_signed(key, message + b"x", signature)


@settings(max_examples=10, deadline=None)
@given(seed=binary(min_size=32, max_size=32))
def test_the_same_signature_cannot_be_written_in_another_way(seed: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    signature = private.sign(b"head")
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    assert not ALONE.is_signed(public(private), b"head", signature[:32] + scalar.to_bytes(32, "little"))
    for length in (0, 63, 65):
        assert not ALONE.is_signed(public(private), b"head", signature.ljust(65, b"\0")[:length])


@pytest.mark.parametrize(
    "point",
    [
        (PRIME + 1).to_bytes(32, "little"),  # the identity, with its y not reduced
        (1 | 1 << 255).to_bytes(32, "little"),  # the identity, with a sign that it cannot have
        ((PRIME - 1) | 1 << 255).to_bytes(32, "little"),
        (2).to_bytes(32, "little"),  # not on the curve
        b"\xff" * 32,
    ],
)
def test_a_point_has_one_encoding(point: bytes) -> None:
    assert ALONE.decode_point(point) is None
    assert not ALONE.is_signed(point, b"head", IDENTITY + bytes(32))


@pytest.mark.parametrize("words", [[], ["FOLDER"], ["a", "b", "--key", "k"], ["a", "--kye", "k"], ["a", "--key"]])
def test_called_wrongly_it_ends_with_2_and_passes_nothing(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-I", str(STANDALONE), *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--key VKEY" in done.stderr
