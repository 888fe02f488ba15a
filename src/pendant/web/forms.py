"""What a form sent, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request

FIELDS_MAX = 400


class Form:
    """The last value of a name counts once; `texts` is for names that stand in rows. Files are never taken."""

    def __init__(self, items: Sequence[tuple[str, str]]) -> None:
        self._items = tuple(items)

    def __contains__(self, name: str) -> bool:
        return any(each == name for each, _ in self._items)

    def __repr__(self) -> str:
        # A form may hold a token or a password, so it shows the names alone.
        return f"Form({sorted({name for name, _ in self._items})})"

    def text(self, name: str, otherwise: str = "") -> str:
        found = self.texts(name)
        return found[-1] if found else otherwise

    def texts(self, name: str) -> list[str]:
        return [value for each, value in self._items if each == name]


async def _read(request: Request) -> Form:
    async with request.form(max_files=0, max_fields=FIELDS_MAX) as sent:
        return Form([(name, value) for name, value in sent.multi_items() if isinstance(value, str)])


SentForm = Annotated[Form, Depends(_read)]
