"""The blobs themselves: what opens, what does not, and that it is the binding that decides."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.errors import SecretUnreadable
from pendant.vault.format import (
    HEADER,
    NONCE_BYTES,
    OVERHEAD_BYTES,
    dek_context,
    kek_context,
    length_prefixed,
    open_blob,
    pad,
    seal_blob,
    token_context,
    unpad,
)

KEY = bytes(range(32))
CONTEXT = token_context("instance", "connection", "token", 1, b"binding")
PARTS = st.lists(st.one_of(st.binary(max_size=6), st.text(st.characters(codec="utf-8"), max_size=4)), max_size=6)


def refused(key: bytes, blob: bytes, context: bytes = CONTEXT) -> bool:
    try:
        open_blob(key, blob, context)
    except SecretUnreadable:
        return True
    return False


@given(st.binary(max_size=700), st.binary(max_size=50), st.binary(min_size=32, max_size=32))
def test_what_was_sealed_opens_with_the_same_key_and_context(plain: bytes, context: bytes, key: bytes) -> None:
    blob = seal_blob(key, plain, context, os.urandom)
    assert open_blob(key, blob, context) == plain
    assert len(blob) == len(plain) + OVERHEAD_BYTES
    assert blob[:2] == HEADER


def test_a05_every_flipped_bit_is_refused() -> None:
    blob = seal_blob(KEY, b"x", CONTEXT, os.urandom)
    flipped = [
        blob[:place] + bytes([blob[place] ^ 1 << bit]) + blob[place + 1 :]
        for place in range(len(blob))
        for bit in range(8)
    ]
    assert all(refused(KEY, damaged) for damaged in flipped)
    assert not refused(KEY, blob)


def test_a06_every_truncation_and_extension_is_refused() -> None:
    blob = seal_blob(KEY, pad(b"x" * 36), CONTEXT, os.urandom)
    assert all(refused(KEY, blob[:length]) for length in range(len(blob)))
    assert all(refused(KEY, blob[start:]) for start in range(1, len(blob)))
    assert all(refused(KEY, blob + bytes(length)) for length in range(1, 40))


@pytest.mark.parametrize("shortened_by", [4, 8, 12])
def test_a06_a_shortened_tag_is_refused(shortened_by: int) -> None:
    assert refused(KEY, seal_blob(KEY, b"", CONTEXT, os.urandom)[:-shortened_by])


def test_a07_any_other_version_or_algorithm_is_refused() -> None:
    blob = seal_blob(KEY, b"x", CONTEXT, os.urandom)
    headers = [bytes((version, algorithm)) for version in range(256) for algorithm in (0, 1, 2, 3, 255)]
    assert [header for header in headers if not refused(KEY, header + blob[2:])] == [HEADER]


@settings(max_examples=2000)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda rest: HEADER + rest)))
def test_a18_the_parser_has_one_error_for_any_bytes(blob: bytes) -> None:
    with pytest.raises(SecretUnreadable):
        open_blob(KEY, blob, CONTEXT)


@given(st.binary(max_size=40))
def test_a_key_of_another_length_opens_nothing(key: bytes) -> None:
    if len(key) != 32:
        assert refused(key, seal_blob(KEY, b"x", CONTEXT, os.urandom))


def test_a11_two_seals_of_the_same_value_differ_in_nonce_ciphertext_and_tag() -> None:
    first, second = (seal_blob(KEY, bytes(64), CONTEXT, os.urandom)[2:] for _ in range(2))
    assert first[:NONCE_BYTES] != second[:NONCE_BYTES]
    assert first[NONCE_BYTES:-16] != second[NONCE_BYTES:-16]
    assert first[-16:] != second[-16:]


def test_a11_no_nonce_comes_twice() -> None:
    nonces = {seal_blob(KEY, b"", b"", os.urandom)[2 : 2 + NONCE_BYTES] for _ in range(20_000)}
    assert len(nonces) == 20_000


@settings(max_examples=500)
@given(PARTS, PARTS)
def test_a12_different_lists_of_parts_never_give_the_same_bytes(
    first: list[bytes | str], second: list[bytes | str]
) -> None:
    def as_bytes(parts: list[bytes | str]) -> list[bytes]:
        return [part.encode() if isinstance(part, str) else part for part in parts]

    assert (length_prefixed(*first) == length_prefixed(*second)) == (as_bytes(first) == as_bytes(second))


def test_a12_moving_the_border_between_parts_changes_the_bytes() -> None:
    assert length_prefixed("ab", "c") != length_prefixed("a", "bc")
    assert b"".join((b"ab", b"c")) == b"".join((b"a", b"bc"))  # which plain joining would not notice


def test_the_contexts_of_the_three_layers_are_never_equal() -> None:
    same = ("i", "x", "token")
    contexts = {
        kek_context(*same),
        dek_context("i", "x", "token", 1, "k"),
        token_context("i", "x", "token", 1, b"k"),
    }
    assert len(contexts) == 3


@pytest.mark.parametrize(
    "other",
    [
        token_context("other", "connection", "token", 1, b"binding"),
        token_context("instance", "other", "token", 1, b"binding"),
        token_context("instance", "connection", "other", 1, b"binding"),
        token_context("instance", "connection", "token", 2, b"binding"),
        token_context("instance", "connection", "token", 1, b"other"),
    ],
)
def test_a_token_opens_nowhere_but_in_its_place_and_without_the_binding_it_would(other: bytes) -> None:
    assert refused(KEY, seal_blob(KEY, b"x", CONTEXT, os.urandom), other)
    # The negative control: sealed with no context, the same move succeeds. It is the context that protects.
    assert not refused(KEY, seal_blob(KEY, b"x", b"", os.urandom), b"")


@given(st.binary(max_size=512))
def test_a20_padding_comes_off_again_and_shows_only_steps_of_64_bytes(plain: bytes) -> None:
    assert unpad(pad(plain)) == plain
    assert len(pad(plain)) % 64 == 0
    assert len(pad(plain)) == len(pad(bytes(len(plain)))) >= len(plain) + 2


@given(st.binary(max_size=200))
def test_a20_what_was_not_padded_by_us_is_refused(padded: bytes) -> None:
    try:
        assert pad(unpad(padded)) == padded
    except SecretUnreadable:
        assert padded == b"" or padded != pad(padded[2 : 2 + int.from_bytes(padded[:2], "big")])
