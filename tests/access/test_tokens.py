"""Random texts: their form, their checksum, and that only hashes are kept."""

import re

from hypothesis import given, settings
from hypothesis import strategies as some

from pendant.access.tokens import (
    API_TOKEN_PATTERN,
    is_api_token,
    new_api_token,
    new_session_token,
    new_setup_code,
    setup_code_from_input,
    token_hash,
)


def test_an_api_token_has_54_characters_and_the_published_form() -> None:
    token = new_api_token()
    assert len(token) == 54
    assert re.fullmatch(API_TOKEN_PATTERN, token)
    assert is_api_token(token)


@settings(max_examples=50)
@given(place=some.integers(8, 53), letter=some.sampled_from("09AZaz-é"))
def test_one_wrong_character_is_noticed_without_a_query(place: int, letter: str) -> None:
    token = new_api_token()
    changed = token[:place] + letter + token[place + 1 :]
    assert is_api_token(changed) == (changed == token)


def test_texts_that_are_no_tokens_are_none() -> None:
    assert not any(is_api_token(text) for text in ("", "pcx_pat_", "pcx_pat_" + "é" * 46, new_session_token()))


def test_no_two_tokens_are_alike() -> None:
    made = [make() for make in (new_api_token, new_session_token, new_setup_code) for _ in range(200)]
    assert len(set(made)) == len(made)


def test_a_session_token_carries_256_bits() -> None:
    assert len(new_session_token()) == 43


def test_a_setup_code_survives_how_people_type() -> None:
    code = new_setup_code()
    assert re.fullmatch(r"([A-Z2-9]{5}-){3}[A-Z2-9]{5}", code)
    assert setup_code_from_input(f"  {code.lower().replace('-', ' ')} ") == code


def test_e07_what_is_stored_does_not_hold_the_token() -> None:
    token = new_api_token()
    assert re.fullmatch("[0-9a-f]{64}", token_hash(token))
    assert token[8:20] not in token_hash(token)
