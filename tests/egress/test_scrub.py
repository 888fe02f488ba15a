from __future__ import annotations

import base64
import html
import itertools
import json
import secrets
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress.world import START
from pendant.model.clock import SettableClock
from pendant.model.scrub import GRACE_SECONDS, MARK, Forms, Scrubber

TOKENS = st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=16, max_size=60)


def spellings(token: str) -> list[str]:
    raw = token.encode()
    return [
        token,
        quote(token, safe=""),
        quote_plus(token),
        json.dumps(token),
        json.dumps(json.dumps(token)),
        html.escape(token),
        raw.hex(),
        raw.hex().upper(),
        *(base64.b64encode(bytes(before) + raw + bytes(after)).decode() for before in range(3) for after in range(3)),
        *(base64.urlsafe_b64encode(bytes(before) + raw).decode() for before in range(3)),
    ]


@given(TOKENS)
@settings(max_examples=150, deadline=None)
def test_every_spelling_of_a_secret_is_replaced_in_text_and_bytes(token):
    known = Forms(token)
    for spelling in spellings(token):
        clean = known.text(f"<<{spelling}>>")
        assert MARK in clean
        assert known.data(f"<<{spelling}>>".encode()) == clean.encode()
        # base64 may leave a few characters at the rim that hold parts of one byte.
        assert len(clean) <= len(f"<<{MARK}>>") + 9


@given(TOKENS, st.lists(st.integers(0, 400), max_size=8), st.data())
@settings(max_examples=150, deadline=None)
def test_a_stream_says_the_same_as_the_whole_however_it_is_cut(token, cuts, draw):
    known = Forms(token)
    chosen = draw.draw(st.lists(st.sampled_from([*spellings(token), "other", token[:9]]), min_size=1, max_size=4))
    data = "|".join(chosen).encode()
    stream = known.stream()
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    parts = [stream.feed(data[start:end]) for start, end in itertools.pairwise(places)]
    result = b"".join([*parts, stream.finish()])
    assert not any(spelling.encode() in result for spelling in spellings(token)[:4])
    assert result.replace(MARK.encode(), b"").count(b"other") == data.count(b"other")
    assert result.count(MARK.encode()) >= known.data(data).count(MARK.encode()) - result.count(b"|")


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
@settings(max_examples=100, deadline=None)
def test_a_stream_without_the_secret_is_not_changed(data, cuts):
    stream = Forms("0123456789abcdef0123").stream()
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    parts = [stream.feed(data[start:end]) for start, end in itertools.pairwise(places)]
    assert b"".join([*parts, stream.finish()]) == data


@pytest.mark.parametrize("short", ["", "a", "1234567"])
def test_a_short_value_tears_no_holes_into_ordinary_text(short):
    assert Forms(short).text("a 1234567 b") == "a 1234567 b"


def test_a_secret_is_known_while_it_is_held_and_for_a_grace_time():
    clock = SettableClock(START)
    scrubber = Scrubber(clock)
    token = secrets.token_urlsafe(24)
    assert scrubber.text(token) == token
    with scrubber.hold(token), scrubber.hold(token):
        clock.advance(10_000)
        assert scrubber.text(token) == MARK
    clock.advance(GRACE_SECONDS - 1)
    scrubber.forget()
    assert scrubber.text(token) == MARK
    clock.advance(2)
    scrubber.forget()
    assert scrubber.text(token) == token


def test_nothing_that_knows_a_secret_shows_it():
    token = secrets.token_urlsafe(24)
    scrubber = Scrubber(SettableClock(START))
    with scrubber.hold(token) as known:
        assert token not in repr(known) + repr(known.stream()) + repr(scrubber)
        assert not hasattr(known, "__dict__")
