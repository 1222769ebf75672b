"""Tokens that callers carry for us: readable by anyone, made by nobody else, good for one thing only."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

MAC_BYTES = 16


class Broken(Exception):
    """The token was not made here, or not for this."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Makes and checks tokens. key: 32 bytes, the same in all replicas of a region."""

    key: bytes = field(repr=False)

    def close(self, purpose: str, scope: str, content: bytes) -> str:
        """A token with this content, good for this purpose and scope."""
        sealed = content + self._mac(purpose, scope, content)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, purpose: str, scope: str, token: str, size_bytes: int) -> bytes:
        """The content, of exactly this size. Raises Broken."""
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise Broken("the token is no base64") from None
        content, mac = sealed[:-MAC_BYTES], sealed[-MAC_BYTES:]
        is_ours = hmac.compare_digest(mac, self._mac(purpose, scope, content))
        # Base64 has several spellings of some bytes; ours is one of them.
        if not is_ours or len(content) != size_bytes or self.close(purpose, scope, content) != token:
            raise Broken("the token was not made for this")
        return content

    def _mac(self, purpose: str, scope: str, content: bytes) -> bytes:
        parts = (purpose.encode(), scope.encode(), content)
        framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self.key, framed, hashlib.sha256)[:MAC_BYTES]
