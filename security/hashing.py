"""How passwords are kept: as Argon2id (RFC 9106), with a cost that suits the machine.

RFC 9106 (section 4) says how to choose: as much memory as each hash can have, then as many passes as the time allows.
We take 64 MiB, its second recommendation and more than three times the least that OWASP's Password Storage Cheat Sheet
names, since every thread of the web server may hold that much at once; one lane, because a server with many threads
has no cores to spare for a single hash, and an attacker has; and passes until a hash takes a quarter of a second.
``manage.py calibrate_passwords`` measures how many that are.
"""

import unicodedata
from typing import Any

from argon2 import low_level
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

SALT = b"only-to-use-time"
LEAST_KIB = 8  # of memory, with one lane


def normalise(password: str) -> str:
    """Return a password as it is hashed: the same however a keyboard composes it (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def spend(password: str, *, passes: int, memory_kib: int) -> None:
    """Do the work of a hash, for nothing but the time it takes."""
    secret = normalise(password).encode("utf-8", "surrogatepass")
    low_level.hash_secret_raw(secret, SALT, passes, memory_kib, 1, 32, low_level.Type.ID)


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with the cost of the settings. A hash of another cost is renewed when its member signs in."""

    parallelism = 1

    @property
    def time_cost(self) -> int:  # type: ignore[override]
        return int(settings.ARGON2_TIME_COST)

    @property
    def memory_cost(self) -> int:  # type: ignore[override]
        return int(settings.ARGON2_MEMORY_KIB)

    def encode(self, password: str, salt: str) -> str:
        return super().encode(normalise(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        return super().verify(normalise(password), encoded)

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do what is missing from the cost of today after a wrong password met a cheaper hash.

        The time of Argon2 grows with passes times memory. Without this, a wrong password for an account of former days
        would be refused sooner than one for an address that nobody signs in with.
        """
        kept: Any = self.decode(encoded)
        missing = self.time_cost * self.memory_cost - kept["time_cost"] * kept["memory_cost"]
        passes, rest = divmod(max(0, missing), self.memory_cost)
        if passes:
            spend(password, passes=passes, memory_kib=self.memory_cost)
        if rest >= LEAST_KIB:
            spend(password, passes=1, memory_kib=rest)
