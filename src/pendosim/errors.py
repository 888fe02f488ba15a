"""What a request can be refused with: a status and one plain sentence."""

from collections.abc import Collection, Iterable


class Refused(Exception):
    """An answer with this status and this text (text/plain: Pendo publishes no schema of errors)."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class UnparsableFilter(Refused):
    """Pendo's own words for a filter it cannot read."""

    def __init__(self) -> None:
        super().__init__("Cannot parse filter expression")


def known_only(given: Iterable[str], of: str, known: Collection[str]) -> None:
    """Refuse a name that means nothing: a misspelt setting would otherwise change the answer in silence."""
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        raise Refused(f"{of} has no {unknown[:60]!r}; wanted {', '.join(known)}")


class NotBuilt(Refused):
    """Pendo has it, the simulator does not: said aloud, never passed through in silence."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"{what} {name} is not built in this simulator")
