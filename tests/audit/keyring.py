"""Keys of the tests: made from their names, secret to nobody."""

import hashlib

from services.audit.key_files import FileSigner
from services.common import receipt

ORIGIN = "audit.test.example/2026"


def signer(name: str) -> FileSigner:
    return FileSigner(name, hashlib.sha256(name.encode()).digest())


LOG = signer(ORIGIN)
RECEIPTS = signer(receipt.key_name(ORIGIN))
