"""The envelope: what opens, and everything that must not."""

import pickle
import secrets

import pytest
from hypothesis import given, settings, strategies as st

from encryption.envelope import (
    BODY,
    TAG_BYTES,
    DataKey,
    DecryptionError,
    encode_context,
    generation_of,
    pad,
    padded_length,
    unpad,
)

SECRET = bytes(range(32))
NAMES = st.text(st.characters(codec="utf-8"), min_size=1)
CITY = encode_context("profile.city")


def key(subject: int = 7, generation: int = 1, secret: bytes = SECRET) -> DataKey:
    return DataKey(secret, subject, generation)


@given(st.binary(max_size=600))
@settings(max_examples=200)
def test_what_was_sealed_opens_to_the_same_bytes(plain: bytes) -> None:
    assert key().open(key().seal(plain, CITY), CITY) == plain


def test_the_same_value_never_has_the_same_envelope() -> None:
    assert len({key().seal(b"Uppsala", CITY) for _ in range(1000)}) == 1000


@pytest.mark.promise("K2")
def test_no_bit_of_an_envelope_can_change() -> None:
    sealed = key().seal("Malmö".encode(), CITY)
    for place in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[place] ^= 1 << bit
            with pytest.raises(DecryptionError):
                key().open(bytes(changed), CITY)


@pytest.mark.promise("K2")
def test_no_envelope_can_be_cut_or_lengthened() -> None:
    sealed = key().seal(b"Uppsala", CITY)
    for length in range(len(sealed)):
        with pytest.raises(DecryptionError):
            key().open(sealed[:length], CITY)
        with pytest.raises(DecryptionError):
            key().open(sealed[length + 1 :], CITY)
    with pytest.raises(DecryptionError):
        key().open(sealed + b"\0", CITY)


@pytest.mark.promise("K2")
@pytest.mark.parametrize(
    ("opener", "context"),
    [
        (key(subject=8), CITY),
        (key(generation=2), CITY),
        (key(secret=bytes(32)), CITY),
        (key(), encode_context("profile.phone")),
        (key(), encode_context("profile.cit")),
        (key(), b""),
    ],
    ids=["another member", "another generation", "another key", "another column", "a shorter name", "no context"],
)
def test_an_envelope_opens_only_where_it_was_sealed(opener: DataKey, context: bytes) -> None:
    with pytest.raises(DecryptionError):
        opener.open(key().seal(b"Uppsala", CITY), context)


def test_a_generation_named_falsely_does_not_open() -> None:
    new, old = key(generation=2, secret=secrets.token_bytes(32)), key()
    new.older = {old.header: old}
    sealed = old.seal(b"Uppsala", CITY)
    assert new.open(sealed, CITY) == b"Uppsala"
    with pytest.raises(DecryptionError):
        new.open(new.header + sealed[3:], CITY)


@given(st.integers(0, 70_000))
def test_padding_hides_lengths_in_steps_and_costs_an_eighth_at_most(length: int) -> None:
    padded = padded_length(length)
    assert padded > length
    assert padded >= 16
    assert padded <= max(16, length + 8, (length + 1) * 9 / 8 + 1)
    assert padded % 8 == 0


def test_short_values_of_all_lengths_look_alike() -> None:
    assert {len(key().seal(b"x" * length, CITY)) for length in range(16)} == {BODY + TAG_BYTES + 16}


@given(st.binary(max_size=300))
def test_unpadding_undoes_padding_whatever_the_value_ends_with(plain: bytes) -> None:
    assert unpad(pad(plain)) == plain
    assert unpad(pad(plain + b"\x80\0\0")) == plain + b"\x80\0\0"


def test_missing_padding_is_an_error() -> None:
    for nothing in (b"", bytes(16), b"text"):
        with pytest.raises(DecryptionError):
            unpad(nothing)


@given(st.tuples(NAMES, NAMES))
def test_two_contexts_never_encode_alike(contexts: tuple[str, str]) -> None:
    one, other = contexts
    assert (encode_context(one) == encode_context(other)) == (one == other)


@pytest.mark.parametrize("context", ["", "x" * 65536])
def test_a_context_is_neither_empty_nor_endless(context: str) -> None:
    with pytest.raises(ValueError, match="context"):
        encode_context(context)


@pytest.mark.parametrize(("subject", "generation"), [(-1, 1), (2**63, 1), (1, 0), (1, 65536)])
def test_numbers_that_do_not_fit_the_format_are_refused(subject: int, generation: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        key(subject, generation)


def test_a_key_shows_itself_to_nobody() -> None:
    assert repr(key()) == "<DataKey subject=7 generation=1>"
    with pytest.raises(TypeError):
        pickle.dumps(key())


@pytest.mark.parametrize("junk", [b"", b"\x01", b"Uppsala", b"\x02" + bytes(60)])
def test_what_is_no_envelope_names_no_generation(junk: bytes) -> None:
    with pytest.raises(DecryptionError):
        generation_of(junk)


def test_an_error_tells_neither_value_nor_key() -> None:
    sealed = key().seal(b"Uppsala", CITY)
    with pytest.raises(DecryptionError) as caught:
        key(secret=bytes(32)).open(sealed, CITY)
    assert caught.value.__cause__ is None
    assert "Uppsala" not in repr(caught.value)
    assert sealed.hex() not in repr(caught.value)
