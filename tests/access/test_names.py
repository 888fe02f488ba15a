"""User names."""

import pytest

from pendant.access.names import accepted_name, counted_name
from pendant.errors import WrongInput


def test_a_name_is_kept_as_typed_but_for_white_space_and_compatibility_forms() -> None:
    assert accepted_name("  Olga   Owner ") == "Olga Owner"
    assert accepted_name("\uff2f\uff4c\uff47\uff41") == "Olga"


@pytest.mark.parametrize("text", ["", "   ", "x" * 65, "ol\x1bga", "ol\u202ega"])
def test_names_that_nobody_can_read_are_refused(text: str) -> None:
    with pytest.raises(WrongInput) as caught:
        accepted_name(text)
    assert caught.value.field == "name"


@pytest.mark.parametrize(
    "spelling", ["OLGA OWNER", " olga  owner ", "\uff2f\uff4c\uff47\uff41 owner", "olga\u00a0owner", "olga\towner"]
)
def test_e03_spellings_of_one_name_share_one_count(spelling: str) -> None:
    assert counted_name(spelling) == counted_name("Olga Owner")
