"""What single events say about who was there: visitors and accounts appear and their last visit moves."""

from dataclasses import dataclass, field

from pendosim.values import Row
from pendosim.world.entities import Change, Entities
from pendosim.world.live import SentEvent
from pendosim.world.metadata import new_auto
from pendosim.world.visitor_rows import auto_group


@dataclass
class _Visit:
    first: int
    last: int
    at: int
    """When it was processed."""
    apps: set[int] = field(default_factory=set)
    accounts: list[str] = field(default_factory=list)
    user_agent: str = ""


class Visits:
    """Gathers many events and changes each visitor and account once."""

    def __init__(self) -> None:
        self._visitors: dict[str, _Visit] = {}
        self._accounts: dict[str, _Visit] = {}

    def note(self, event: SentEvent, app_id: int, at: int) -> None:
        for found, name in ((self._visitors, event.visitor_id), (self._accounts, event.account_id)):
            if not name:
                continue
            visit = found.setdefault(name, _Visit(event.time, event.time, at))
            visit.first, visit.last, visit.at = min(visit.first, event.time), max(visit.last, event.time), at
            visit.apps.add(app_id)
            if event.account_id and event.account_id not in visit.accounts:
                visit.accounts.append(event.account_id)
            visit.user_agent = event.user_agent or visit.user_agent

    def settle(self, visitors: Entities, accounts: Entities) -> None:
        for kind, entities, noted in (("visitor", visitors, self._visitors), ("account", accounts, self._accounts)):
            for name, visit in noted.items():
                for view in (entities.now, entities.shown):
                    entities.change(view, name, _change(kind, name, visit))
            noted.clear()


def _change(kind: str, name: str, visit: _Visit) -> Change:
    def change(metadata: Row) -> None:
        auto = metadata.setdefault("auto", new_auto(kind, name, visit.first))
        _move(auto, visit)
        auto["lastupdated"] = max(auto.get("lastupdated", 0), visit.at)
        if kind == "visitor":
            auto["accountids"] = [
                *auto["accountids"],
                *(one for one in visit.accounts if one not in auto["accountids"]),
            ]
            auto["accountid"] = (visit.accounts or [auto["accountid"]])[-1]
            if visit.user_agent:
                auto["lastuseragent"] = visit.user_agent
        for app_id in visit.apps:
            _move(metadata.setdefault(auto_group(app_id), {"firstvisit": 0, "lastvisit": 0}), visit)

    return change


def _move(times: Row, visit: _Visit) -> None:
    times["firstvisit"] = min(times["firstvisit"] or visit.first, visit.first)
    times["lastvisit"] = max(times["lastvisit"], visit.last)
