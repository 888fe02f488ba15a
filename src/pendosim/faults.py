"""What can be made to go wrong, when, and how often."""

import random
import threading
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import msgspec

from pendosim.world.live import RESTATED_MAX

# Answers that take the place of the real one: status, content type, body.
ANSWERS: dict[str, tuple[int, str, bytes]] = {
    "rate_limited": (429, "text/plain", b"Too Many Requests"),
    "rate_limit_exceeded": (403, "application/json", b'{"reason":"rateLimitExceeded"}'),
    "server_error": (500, "application/json", b'"internal error"'),
    "unavailable": (
        503,
        "text/html",
        b"<html><head><title>503</title></head><body>Service Unavailable</body></html>",
    ),
    "bad_gateway": (502, "text/html", b"<html><body><h1>502 Bad Gateway</h1></body></html>"),
    "timeout": (408, "text/plain", b""),
    "too_large": (413, "text/plain", b"the answer is too large"),
    "forbidden": (403, "text/plain", b""),
    "conflict": (409, "text/plain", b"operation in progress"),
}
# Changes to the real answer.
CHANGES = {
    "delay": "waits `seconds` before the answer begins",
    "drip": "sends `bytes_per_second`, slowly",
    "reset": "resets the connection after `after_bytes` of the body",
    "truncate": "ends the body normally in the middle of a row, after `after_bytes`",
    "truncate_between": "ends the body normally between two rows, after `after_bytes`",
    "null_results": "answers 200 with `results: null`",
    "restated": "lets the last days hold `events` more than at the reading before, or fewer",
    "no_auto": "leaves metadata.auto out of the rows",
}
KINDS = (*ANSWERS, *CHANGES)
_SECONDS_MAX = 86_400


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong for the requests it matches."""

    kind: str
    path: str = ""
    """Only paths that begin with this."""
    source: str = ""
    """Only aggregations of this source."""
    nth: int = 1
    """From the n-th matching request on, counted from 1."""
    times: int | None = 1
    """How often; None is always."""
    probability: float = 1.0
    seed: int = 0
    """Of the dice, where probability is below 1."""
    after_bytes: int = 0
    seconds: float = 0.0
    bytes_per_second: int = 10_000
    events: int = 100
    """How many more events there are from then on; fewer where it is below 0."""
    retry_after: int | None = None
    """Value of the Retry-After header; None sends none."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"fault kind is {self.kind!r}; wanted one of {', '.join(KINDS)}")
        if self.nth < 1 or (self.times is not None and self.times < 1):
            raise ValueError("nth and times count from 1")
        if not 0 <= self.probability <= 1 or self.after_bytes < 0 or self.seconds < 0 or self.bytes_per_second < 1:
            raise ValueError("probability is between 0 and 1; bytes and seconds are not negative")
        if self.seconds > _SECONDS_MAX or abs(self.events) > RESTATED_MAX:
            raise ValueError(f"seconds are at most {_SECONDS_MAX}; events are at most {RESTATED_MAX}, more or fewer")

    def matches(self, path: str, source: str) -> bool:
        return path.startswith(self.path) and (not self.source or self.source == source)


@dataclass
class _Armed:
    fault: Fault
    matched: int = 0
    struck: int = 0
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.fault.seed)  # noqa: S311 - a test's dice, repeatable by intent

    def strikes(self) -> bool:
        """Count one matching request."""
        self.matched += 1
        if self.matched < self.fault.nth or self.struck == self.fault.times:
            return False
        if self.dice.random() >= self.fault.probability:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults of one simulator; safe to change while it runs."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def add(self, kind: str, **settings: Any) -> Fault:
        """Arm one, as in `faults.add("rate_limited", path="/api/v1/page", times=2, retry_after=1)`."""
        return self.arm(Fault(kind, **settings))

    def arm(self, fault: Fault) -> Fault:
        with self._lock:
            self._armed.append(_Armed(fault))
        return fault

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def armed(self) -> bool:
        return bool(self._armed)

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(armed.fault) | {"matched": armed.matched, "struck": armed.struck} for armed in self._armed]

    def strike(self, path: str, source: str) -> list[Fault]:
        """Find the faults that hit this request."""
        with self._lock:
            return [armed.fault for armed in self._armed if armed.fault.matches(path, source) and armed.strikes()]


def fault_of(settings: object) -> Fault:
    """From JSON. Raises ValueError with a sentence."""
    known = [one.name for one in fields(Fault)]
    given = settings if isinstance(settings, dict) else {}
    unknown = set(given) - set(known)
    if unknown:
        raise ValueError(
            f"unknown fault setting {', '.join(sorted(map(str, unknown)))[:100]}; wanted {', '.join(known)}"
        )
    try:
        Fault(**given)
        # Of the right types, too, which Python itself does not ask for.
        return msgspec.convert(given, Fault)
    except (TypeError, msgspec.ValidationError) as bad:
        raise ValueError("a fault needs a kind; numbers are numbers and texts are texts") from bad


def fault_of_text(text: str) -> Fault:
    """`rate_limited,path=/api/v1/page,times=2`, as `pendosim serve --fault` takes it. Raises ValueError."""
    kind, *settings = text.split(",")
    named: dict[str, Any] = {"kind": kind}
    kinds = {one.name: str(one.type) for one in fields(Fault)}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name not in kinds:
            raise ValueError(f"fault setting {setting!r} is not name=value; names are {', '.join(kinds)}")
        try:
            named[name] = _typed(kinds[name], value)
        except ValueError as bad:
            raise ValueError(f"fault setting {setting!r} is not a number") from bad
    return Fault(**named)


def _typed(kind: str, text: str) -> Any:
    if "None" in kind and text == "always":
        return None
    if "int" in kind:
        return int(text)
    return float(text) if "float" in kind else text
