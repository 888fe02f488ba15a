"""The type that holds a token, and what may become one."""

import copy
import dataclasses
import json
import pickle
import string
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pendant.errors import WrongInput
from pendant.model.secret import SECRET_LENGTH_MAX, SECRET_LENGTH_MIN, Secret, token_from_input

TOKEN_CHARACTERS = "".join(chr(code) for code in range(0x21, 0x7F))


@pytest.fixture
def canary() -> str:
    return str(uuid.uuid4())


@dataclasses.dataclass
class Holder:
    token: Any


SHOWN: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "format": format,
    "format with a width": lambda secret: f"{secret:>80}",
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s} {secret!a}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - it is this form that is tested
    "str.format": "{0} {0!r}".format,
    "in a list": lambda secret: str([secret, {"token": secret}]),
    "in a dataclass": lambda secret: repr(Holder(secret)),
    "asdict of its class": lambda secret: str(getattr(secret, "__dict__", "")),
    "dir": lambda secret: str(dir(secret)),
    "an exception": lambda secret: str(ValueError(secret)),
}

REFUSED: dict[str, Callable[[Any], object]] = {
    "json": json.dumps,
    "json with a default": lambda secret: json.dumps({"token": secret}, default=list),
    "msgspec": msgspec.json.encode,
    "pickle": pickle.dumps,
    "old pickle": lambda secret: pickle.dumps(secret, protocol=0),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "deepcopy in a dataclass": lambda secret: copy.deepcopy(Holder(secret)),
    "asdict": lambda secret: dataclasses.asdict(Holder(secret)),
    "vars": vars,
    "iteration": list,
    "hash": hash,
    "set": lambda secret: {secret},
    "bytes": bytes,
    "length": len,
    "index": lambda secret: secret[0],
    "in": lambda secret: "a" in secret,
    "join": lambda secret: "".join(part for part in [secret]),
    "concatenation": lambda secret: "" + secret,
    "order": lambda secret: secret < secret,  # noqa: PLR0124 - any comparison will do
}


@pytest.mark.parametrize("way", SHOWN)
def test_c08_no_way_of_showing_a_secret_shows_it(canary: str, way: str) -> None:
    assert canary not in SHOWN[way](Secret(canary))


@pytest.mark.parametrize("way", REFUSED)
def test_c08_no_way_of_taking_a_secret_out_or_along_works(canary: str, way: str) -> None:
    with pytest.raises(TypeError) as problem:
        REFUSED[way](Secret(canary))
    assert canary not in str(problem.value)


def test_c08_a_plain_string_in_the_same_place_would_show(canary: str) -> None:
    """The control: the checks above can fail."""
    assert canary in SHOWN["in a dataclass"](canary)
    assert canary in str(REFUSED["asdict"](canary))


def test_c08_a_secret_equals_only_a_secret_of_the_same_text(canary: str) -> None:
    assert Secret(canary) == Secret(canary)
    assert Secret(canary) != Secret(canary + "x")
    assert Secret(canary) != canary
    assert canary != Secret(canary)


def test_a_secret_takes_no_further_attributes(canary: str) -> None:
    with pytest.raises(AttributeError):
        Secret(canary).note = "x"


@given(st.text(TOKEN_CHARACTERS, min_size=SECRET_LENGTH_MIN, max_size=SECRET_LENGTH_MAX))
def test_a_printable_token_is_taken_as_it_is(text: str) -> None:
    if set(text) <= set("*xX.-_#?"):
        return  # that is a mask
    token, trimmed = token_from_input(text)
    assert (token.reveal(), trimmed) == (text, False)


@pytest.mark.parametrize("around", [" {}", "{} ", "\t{}\n", "\r\n{}\r\n", "\N{NO-BREAK SPACE}{}"])
def test_c25_white_space_around_a_token_is_trimmed_and_said(canary: str, around: str) -> None:
    token, trimmed = token_from_input(around.format(canary))
    assert (token.reveal(), trimmed) == (canary, True)


@pytest.mark.parametrize(
    ("character", "kind"),
    [
        ("\n", "line break"),
        ("\r", "carriage return"),
        ("\0", "NUL"),
        ("\t", "tab"),
        (" ", "space"),
        ("\N{ZERO WIDTH SPACE}", "zero-width"),
        ("\N{ZERO WIDTH JOINER}", "zero-width"),
        ("\N{ZERO WIDTH NO-BREAK SPACE}", "byte order mark"),
        ("\N{LEFT DOUBLE QUOTATION MARK}", "typographic quote"),
        ("\N{RIGHT SINGLE QUOTATION MARK}", "typographic quote"),
        ("é", "outside ASCII"),
        ("\N{RIGHT-TO-LEFT MARK}", "invisible"),
        ("\x7f", "control"),
        ("\x1b", "control"),
    ],
)
def test_c25_a_character_that_cannot_be_is_named_by_kind_and_place_but_not_shown(
    canary: str, character: str, kind: str
) -> None:
    half = len(canary) // 2
    with pytest.raises(WrongInput) as problem:
        token_from_input(canary[:half] + character + canary[half:])
    error = problem.value
    assert (error.code, error.field) == ("token_invalid", "token")
    assert kind in str(error)
    assert "inside" in str(error)
    assert canary[:half] not in str(error)
    assert str(half) not in str(error)


@pytest.mark.parametrize(("character", "place"), [("{}\ufeff", "at the end"), ("\ufeff{}", "at the start")])
def test_c25_the_ends_of_a_token_are_told_from_its_inside(canary: str, character: str, place: str) -> None:
    with pytest.raises(WrongInput, match=place):
        token_from_input(character.format(canary))


@pytest.mark.parametrize("text", [None, "", " ", "\t\n", "*" * 36, "•" * 20, "xxxx-xxxx-xxxx-xxxx", "__keep_stored__"])
@pytest.mark.parametrize("around", ["", " "])
def test_c26_nothing_and_masks_are_a_token_that_is_missing(text: str | None, around: str) -> None:
    with pytest.raises(WrongInput) as problem:
        token_from_input(None if text is None else around + text + around)
    assert (problem.value.code, problem.value.field) == ("token_required", "token")


@pytest.mark.parametrize("length", [9, SECRET_LENGTH_MIN - 1, SECRET_LENGTH_MAX + 1, 1_000_000])
def test_c26_a_token_of_impossible_length_is_refused_without_saying_how_long_it_was(length: int) -> None:
    text = (string.ascii_letters * (length // 52 + 1))[:length]
    with pytest.raises(WrongInput) as problem:
        token_from_input(text)
    assert problem.value.code == "token_invalid"
    assert str(length) not in str(problem.value)
    assert text[:8] not in str(problem.value)


@pytest.mark.parametrize("length", [SECRET_LENGTH_MIN, SECRET_LENGTH_MAX])
def test_c26_the_shortest_and_the_longest_token_are_taken(length: int) -> None:
    text = (string.ascii_letters * 10)[:length]
    assert token_from_input(text)[0].reveal() == text


@given(st.text(max_size=60))
def test_whatever_is_entered_the_answer_is_a_token_or_one_error_that_does_not_repeat_it(text: str) -> None:
    try:
        token, _ = token_from_input(text)
    except WrongInput as problem:
        error = problem
    else:
        assert set(token.reveal()) <= set(TOKEN_CHARACTERS)
        return
    assert error.code in ("token_required", "token_invalid")
    assert len(text) < 8 or text not in str(error)
