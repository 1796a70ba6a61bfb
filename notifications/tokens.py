"""Numbers of ours as they stand in addresses and headers: sealed, always alike, telling nobody what or how many.

Nothing of them is stored: a stolen database holds none, and nobody can make one without the key file (RFC 5297).
"""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from encryption.ring import ring

NUMBER_BYTES = 8


class Tokens:
    """Tokens for one purpose. Those of another open nothing here."""

    def __init__(self, name: str) -> None:
        # RFC 5297 takes two keys for one.
        self.contexts = (f"{name}.mac", f"{name}.key")
        self.purpose = [name.encode()]

    def seal(self, number: int, more: str = "") -> str:
        """Return the token of a number, and what belongs to it: letters, digits, hyphens and underscores."""
        sealed = self._cipher().encrypt(number.to_bytes(NUMBER_BYTES) + more.encode(), self.purpose)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def unseal(self, token: str) -> tuple[int, str] | None:
        """Return what was sealed; None if that was not here, or is written in another way."""
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            opened = self._cipher().decrypt(sealed, self.purpose)
        except (InvalidTag, ValueError, binascii.Error):
            return None
        found = int.from_bytes(opened[:NUMBER_BYTES]), opened[NUMBER_BYTES:].decode()
        return found if self.seal(*found) == token else None

    def _cipher(self) -> AESSIV:
        return AESSIV(b"".join(map(ring().index_key_for, self.contexts)))
