from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pendant.errors import WrongInput
from pendant.model.connection import Authentication, HttpSettings, Ping, RateLimit
from pendant.web.http_texts import LABELS, HttpTexts, settings_of, texts_of

WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)
NUMBER = st.integers(min_value=0, max_value=10**6)

SETTINGS = st.builds(
    HttpSettings,
    base_uri=WORD,
    authentication=st.builds(
        Authentication, location=st.sampled_from(["header", "url", "body"]), name=WORD, scheme=WORD
    ),
    headers=st.lists(st.tuples(WORD, WORD), max_size=3).map(tuple),
    media_type=st.sampled_from(["json", "urlencoded", "xml", "plaintext"]),
    ping=st.builds(
        Ping,
        method=st.sampled_from(["GET", "HEAD", "POST", "PUT"]),
        relative_uri=WORD,
        body=st.text(st.characters(blacklist_categories=["Cs"]), max_size=20),
        success_path=WORD,
        success_values=st.lists(WORD.filter(bool), max_size=3).map(tuple),
        error_path=WORD,
    ),
    rate_limit=st.builds(RateLimit, fail_status=NUMBER, retry_header=WORD, minimum_wait_ms=NUMBER),
    concurrency_level=NUMBER,
    network=st.sampled_from(["public", "private"]),
)


@given(SETTINGS)
def test_settings_come_back_from_their_texts(http: HttpSettings) -> None:
    assert settings_of(texts_of(http)) == http


def test_every_text_has_a_label() -> None:
    assert set(texts_of(HttpSettings("https://app.pendo.io")).fields) == set(LABELS)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("http_concurrency_level", "many"),
        ("http_concurrency_level", ""),
        ("http_minimum_wait_ms", "-1"),
        ("http_fail_status", "४२९"),
        ("http_auth_location", "cookie"),
        ("http_media_type", "html"),
    ],
)
def test_a_text_that_is_no_setting_is_named(field: str, text: str) -> None:
    texts = texts_of(HttpSettings("https://app.pendo.io"))
    with pytest.raises(WrongInput) as caught:
        settings_of(HttpTexts({**texts.fields, field: text}, ()))
    assert caught.value.field == field
    assert LABELS[field] in caught.value.message
