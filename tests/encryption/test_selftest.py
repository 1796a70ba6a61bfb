"""The self-test: vector files in Wycheproof's shape."""

import copy
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from encryption.selftest import KNOWN_ANSWERS, _AnyNonce, check_aes_gcm

AES, HKDF, HMAC = KNOWN_ANSWERS


def selftest(*files: Path) -> dict[str, Any]:
    out = StringIO()
    try:
        call_command("crypto_selftest", *(["--vectors", *map(str, files)] if files else []), "--json", stdout=out)
    finally:
        found: dict[str, Any] = json.loads(out.getvalue() or "{}")
    return found


def written(path: Path, document: object) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


@pytest.mark.promise("K2")
def test_the_built_in_answers_hold() -> None:
    assert selftest() == {"tested": 6, "failures": []}


def test_several_files_are_run_as_one(tmp_path: Path) -> None:
    files = [written(tmp_path / str(at), document) for at, document in enumerate(KNOWN_ANSWERS)]
    assert selftest(*files) == {"tested": 6, "failures": []}


@pytest.mark.parametrize("document", KNOWN_ANSWERS, ids=lambda document: document["algorithm"])
def test_a_wrong_verdict_in_the_file_is_found_and_fails_the_run(tmp_path: Path, document: dict[str, Any]) -> None:
    for group_at, group in enumerate(document["testGroups"]):
        for at, test in enumerate(group["tests"]):
            wrong = copy.deepcopy(document)
            wrong["testGroups"][group_at]["tests"][at]["result"] = {"valid": "invalid", "invalid": "valid"}[
                test["result"]
            ]
            out = StringIO()
            with pytest.raises(CommandError, match="1 of"):
                call_command("crypto_selftest", "--vectors", str(written(tmp_path / "v", wrong)), "--json", stdout=out)
            [failure] = json.loads(out.getvalue())["failures"]
            assert failure["tcId"] == test["tcId"]
            assert failure["reason"]


@pytest.mark.parametrize("name", ["key", "iv", "aad", "msg", "ct", "tag"])
def test_any_wrong_byte_of_a_vector_is_found(name: str) -> None:
    test = dict(AES["testGroups"][0]["tests"][2])
    assert check_aes_gcm({}, test) == ""
    test[name] = f"{int(test[name][:2], 16) ^ 1:02x}" + test[name][2:]
    assert check_aes_gcm({}, test)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("{", "not JSON"),
        ("[]", "no testGroups"),
        ({"algorithm": "ROT13", "testGroups": []}, "unknown algorithm 'ROT13'"),
        ({"testGroups": []}, "unknown algorithm"),
        ({"algorithm": "AES-GCM", "testGroups": [{}]}, "no tests"),
        ({"algorithm": "AES-GCM", "testGroups": [{"tests": [{}]}]}, "no tcId"),
        ({"algorithm": "AES-GCM", "testGroups": [{"tests": [{"tcId": 1, "result": "maybe"}]}]}, "test 1 has no result"),
        ({"algorithm": "AES-GCM", "testGroups": [{"tests": [{"tcId": 1, "result": "valid"}]}]}, "test 1 is incomplete"),
        (
            {"algorithm": "HMACSHA256", "testGroups": [{"tests": [{"tcId": 1, "result": "valid"}]}]},
            "test 1 is incomplete",
        ),
        (
            {"algorithm": "AES-GCM", "testGroups": [{"tests": [{"tcId": 1, "result": "valid", "key": "xy"}]}]},
            "key is not hexadecimal|incomplete",
        ),
    ],
)
def test_a_file_that_cannot_be_run_says_why(tmp_path: Path, document: object, fault: str) -> None:
    with pytest.raises(CommandError, match=fault):
        selftest(written(tmp_path / "v.json", document))


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        selftest(tmp_path / "none.json")


def test_nonces_the_library_refuses_are_computed_by_the_standard() -> None:
    """NIST's own example with a nonce of 64 bits (GCM specification, test case 17 has 60 bytes; these two agree)."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key, message, aad = bytes(range(32)), b"some words that fill more than a block", b"bound"
    for length in (8, 12, 16, 60, 128):
        nonce = bytes(range(1, length + 1))
        assert _AnyNonce(key).encrypt(nonce, message, aad) == AESGCM(key).encrypt(nonce, message, aad)
        assert _AnyNonce(key).decrypt(nonce, AESGCM(key).encrypt(nonce, message, aad), aad) == message
    with pytest.raises(ValueError, match="empty"):
        _AnyNonce(key).encrypt(b"", message, aad)
