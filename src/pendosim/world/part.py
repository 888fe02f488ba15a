"""A part of the world that is made when first asked for, once, whichever thread comes first."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Made = TypeVar("Made")


class Part(Generic[Made]):
    """Decorates a method, like functools.cached_property before it gave up its lock in Python 3.12."""

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self._make = make
        self._making = threading.RLock()

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, of: Any, _owner: type | None = None) -> Made:
        """Make it; from the second time on it is found among the attributes, without coming here."""
        with self._making:
            if self._name not in vars(of):
                vars(of)[self._name] = self._make(of)
            made: Made = vars(of)[self._name]
            return made
