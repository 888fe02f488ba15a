"""The session cookie."""

from pendant.access.cookies import ended_cookie, session_cookie, session_token_in


def test_e28_the_cookie_has_every_flag_and_no_domain() -> None:
    for cookie in (session_cookie("abc"), ended_cookie()):
        name, *attributes = cookie.split("; ")
        assert name.startswith("__Host-pendant=")
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(attributes)
        assert "Domain" not in cookie


def test_the_token_is_found_among_other_cookies() -> None:
    assert session_token_in("theme=dark; __Host-pendant=abc; other=1") == "abc"


def test_two_session_cookies_count_as_none() -> None:
    assert session_token_in("__Host-pendant=planted; __Host-pendant=own") is None


def test_no_cookie_and_an_ended_one_are_none() -> None:
    assert session_token_in("") is None
    assert session_token_in("__Host-pendant=") is None
