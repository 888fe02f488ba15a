from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.egress.inflate import PIECE_BYTES, CannotInflateError, Inflater


def inflate(encoding: str, packed: bytes, step: int) -> bytes:
    inflater = Inflater(encoding)
    pieces = [piece for at in range(0, len(packed), step) for piece in inflater.feed(packed[at : at + step])]
    inflater.finish()
    assert all(0 < len(piece) <= PIECE_BYTES for piece in pieces)
    return b"".join(pieces)


@given(st.binary(max_size=2000), st.integers(1, 500), st.sampled_from(["gzip", "x-gzip", "deflate"]))
@settings(max_examples=60, deadline=None)
def test_what_was_compressed_comes_back_whatever_the_chunks(data, step, encoding):
    packed = zlib.compress(data) if encoding == "deflate" else gzip.compress(data)
    assert inflate(encoding, packed, step) == data


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_gzip_members_one_after_another_are_one_body(members, step):
    assert inflate("gzip", b"".join(gzip.compress(member) for member in members), step) == b"".join(members)


@given(st.binary(min_size=1, max_size=500), st.data())
@settings(max_examples=60, deadline=None)
def test_every_cut_is_noticed(data, draw):
    packed = gzip.compress(data)
    cut = draw.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(CannotInflateError):
        inflate("gzip", packed[:cut], 100)


@pytest.mark.parametrize("size", [PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_a_body_as_long_as_a_piece_is_whole(size):
    data = (b"%08d" * (size // 8 + 1) % tuple(range(size // 8 + 1)))[:size]
    assert inflate("gzip", gzip.compress(data, 1), 1 << 20) == data


def test_a_body_without_anything_is_no_cut_one():
    assert inflate("gzip", b"", 1) == b""


def test_many_tiny_members_are_refused():
    with pytest.raises(CannotInflateError):
        inflate("gzip", gzip.compress(b"") * 11_000, 1 << 20)
