"""What a request can be refused with: a status and one plain sentence."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a failure of the simulator
    """An answer with this status and this text (text/plain: Pendo publishes no schema of errors)."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class UnparsableFilter(Refused):
    """Pendo's own words for a filter it cannot read."""

    def __init__(self) -> None:
        super().__init__("Cannot parse filter expression")


class NotBuilt(Refused):
    """Pendo has it, the simulator does not: said aloud, never passed through in silence."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"{what} {name} is not built in this simulator")
