"""A device with passkeys, in software: it answers as browsers do, and can be told to answer wrongly."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
AAGUID = bytes(range(16))


def to_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One key, made for whoever asks first."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    owner: str = ""
    count: int = 0

    def make(self, options: dict[str, Any], **wrong: Any) -> dict[str, Any]:
        """Answer to the options of adding a passkey."""
        self.owner = options["user"]["id"]
        attested = AAGUID + len(self.id).to_bytes(2) + self.id + cbor2.dumps(self.public())
        data = self._data(ATTESTED, **wrong) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = {"attestationObject": to_text(attestation), "transports": ["internal"]}
        return self._credential(said, _client("webauthn.create", options, **wrong))

    def use(self, options: dict[str, Any], *, count: int | None = None, **wrong: Any) -> dict[str, Any]:
        """Answer to the options of using a passkey."""
        self.count = self.count + 1 if count is None else count
        data, client = self._data(0, **wrong), _client("webauthn.get", options, **wrong)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"authenticatorData": to_text(data), "signature": to_text(signature), "userHandle": self.owner}
        return self._credential(said, client)

    def public(self) -> dict[int, Any]:
        """Return the public key as COSE has it."""
        numbers = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}

    def _data(self, flags: int, *, flagged: int = PRESENT | VERIFIED, rp: str = "", **_other: Any) -> bytes:
        name = rp or settings.OTP_WEBAUTHN_RP_ID
        return hashlib.sha256(name.encode()).digest() + bytes([flags | flagged]) + self.count.to_bytes(4)

    def _credential(self, said: dict[str, Any], client: bytes) -> dict[str, Any]:
        return {
            "id": to_text(self.id),
            "rawId": to_text(self.id),
            "type": "public-key",
            "clientExtensionResults": {"credProps": {"rk": True}},
            "response": {"clientDataJSON": to_text(client), **said},
        }


def _client(act: str, options: dict[str, Any], *, origin: str = "", challenge: str = "", **_other: Any) -> bytes:
    said = {
        "type": act,
        "challenge": challenge or options["challenge"],
        "origin": origin or settings.OTP_WEBAUTHN_ALLOWED_ORIGINS[0],
        "crossOrigin": False,
    }
    return json.dumps(said).encode()
