"""What one source was asked for, and what it answers with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pendosim.aggregation.selection import Selection
from pendosim.aggregation.windows import Window
from pendosim.errors import Refused
from pendosim.expressions.evaluate import constant, is_constant, tree_of
from pendosim.expressions.functions import Environment
from pendosim.values import Row
from pendosim.world.ids import DEFAULT_APP_ID
from pendosim.world.world import World

Rows = Selection | Iterator[Row]

_APP_ID_MAX = 2**63
_TIME_MAX = 2**53
_BLACKLISTS = ("apply", "ignore", "only")
_OBJECTS = ("pageId", "featureId", "trackTypeId", "guideId", "pollId", "agentId")
_FLAGS = ("identified", "reverseTime")
# The platforms of applications that each event class stands for; "ui" is the old name of "web".
_PLATFORMS = {"web": "web", "ui": "web", "ios": "ios", "android": "android"}


@dataclass(frozen=True)
class Query:
    world: World
    environment: Environment
    name: str
    parameters: dict[str, Any]
    window: Window | None

    def app_ids(self) -> tuple[int, ...]:
        """Name the applications asked for; the default one unless told otherwise."""
        given = self.parameters.get("appId")
        if given is None:
            return (DEFAULT_APP_ID,)
        if isinstance(given, str):
            tree = tree_of(given)
            given = constant(tree, self.environment) if is_constant(tree) else None
        found = given if isinstance(given, list) else [given]
        if not all(isinstance(app, int) and not isinstance(app, bool) and abs(app) < _APP_ID_MAX for app in found):
            raise Refused('appId is a number, a list of numbers or expandAppIds("*")')
        # Queries made in the user interface say [], and mean that nothing is left out.
        return tuple(found) or self.environment.app_ids

    def event_app_ids(self) -> tuple[int, ...]:
        """Those applications whose events are wanted."""
        if self.only_excluded():
            return ()
        wanted = self.parameters.get("eventClass")
        if wanted is None or not self.world.options.filter_event_class:
            return self.app_ids()
        platforms = {_PLATFORMS.get(name) for name in wanted}
        fitting = {app.id for app in self.world.apps if app.platform in platforms}
        return tuple(app for app in self.app_ids() if app in fitting)

    def only_excluded(self) -> bool:
        """Say whether only those on the exclude list are wanted, where nobody is."""
        return self.parameters.get("blacklist") == "only"

    def check(self) -> None:
        """Raise Refused for parameters that make no sense, before anything runs."""
        self.app_ids()
        for name in _OBJECTS:
            if not isinstance(self.parameters.get(name), str | None):
                raise Refused(f"{name} is a string")
        for name in _FLAGS:
            if not isinstance(self.parameters.get(name), bool | None):
                raise Refused(f"{name} is true or false")
        for name in ("startTime", "endTime"):
            self.time(name)
        if self.parameters.get("blacklist", "apply") not in _BLACKLISTS:
            raise Refused("blacklist is apply, ignore or only")
        classes = self.parameters.get("eventClass")
        if classes is not None and (not isinstance(classes, list) or not all(isinstance(one, str) for one in classes)):
            raise Refused("eventClass is a list of names")

    def time(self, name: str) -> int | None:
        given = self.parameters.get(name)
        if given is None or (isinstance(given, int) and not isinstance(given, bool) and abs(given) < _TIME_MAX):
            return given
        raise Refused(f"{name} is a time in milliseconds")


Source = Callable[[Query], Rows]
