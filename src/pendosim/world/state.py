"""What changes in a world: everything that was written, sent, flagged and erased since it began."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from pendosim.clock import Clock
from pendosim.lags import Lags
from pendosim.periods import LATEST_MS
from pendosim.tables import Table
from pendosim.values import Row
from pendosim.world.agenda import Agenda
from pendosim.world.agentic_rows import AgenticEvent
from pendosim.world.conversations import Conversation, shown
from pendosim.world.entities import Entities
from pendosim.world.erasures import Erasures
from pendosim.world.fields import Fields
from pendosim.world.live import EventStream, SentEvent
from pendosim.world.metadata import Metadata
from pendosim.world.part import Part
from pendosim.world.visits import Visits


@dataclass(frozen=True)
class Beginning:
    """What a world begins with; parts are made when first asked for."""

    app_ids: tuple[int, ...]
    visitors: Callable[[], Table]
    accounts: Callable[[], Table]
    stream: Callable[[], EventStream]
    skipped: Callable[[], set[str]]
    """Visitors never processed."""


class State:
    """Its owner holds a lock around everything but `receive`, and settles before it looks."""

    def __init__(self, beginning: Beginning, clock: Clock, lags: Lags) -> None:
        self._beginning, self._clock, self._lags = beginning, clock, lags
        self.agenda = Agenda()
        self.fields = Fields(beginning.app_ids)
        self.entities = {
            "visitor": Entities("visitorId", beginning.visitors),
            "account": Entities("accountId", beginning.accounts),
            "parentAccount": Entities("accountId", _no_rows),
        }
        self.conversations: list[AgenticEvent] = []
        self.erased = 0
        """How often something was."""
        self.erased_ids: dict[str, set[str]] = {"visitor": set(), "account": set()}
        self._visits = Visits()

    @Part
    def skipped(self) -> dict[str, set[str]]:
        """Who is never processed, by kind."""
        return {"visitor": self._beginning.skipped(), "account": set()}

    @cached_property
    def metadata(self) -> Metadata:
        return Metadata(self.entities, self.fields, self.agenda, self._clock.now, self.due, self.skipped)

    @cached_property
    def erasures(self) -> Erasures:
        return Erasures(self.agenda, self._clock.now, self.due, self.metadata.never_process, self._erase)

    @property
    def stream(self) -> EventStream:
        return self._beginning.stream()

    def due(self, lag: str) -> int:
        return self._lags.due(lag, self._clock.now())

    def is_processed(self, visitor_id: str, account_id: str) -> bool:
        return visitor_id not in self.skipped["visitor"] and account_id not in self.skipped["account"]

    def receive(self, event: SentEvent | Conversation, at: int) -> None:
        """Let it show at that moment."""
        self.agenda.add(at, partial(self._arrive, event, at))

    def restate(self, since: int, until: int, events: int, at: int) -> None:
        self.agenda.add(at, lambda: self.stream.restate(since, until, events))

    def settle(self) -> None:
        """Let everything happen whose time has come."""
        now = self._clock.now()
        if not self.agenda.is_due(now):
            return
        for action in self.agenda.taken(now):
            action()
        self._settle_visits()

    def settle_all(self) -> None:
        """Let everything happen at once, also what is to come."""
        for action in self.agenda.taken(LATEST_MS):
            action()
        self._settle_visits()

    def _settle_visits(self) -> None:
        self._visits.settle(self.entities["visitor"], self.entities["account"])

    def _arrive(self, event: SentEvent | Conversation, at: int) -> None:
        if not self.is_processed(event.visitor_id, event.account_id):
            return
        if isinstance(event, Conversation):
            self.conversations.append(shown(event, len(self.conversations)))
        elif self.stream.add(event, at):
            self._visits.note(event, self._beginning.app_ids[event.app], at)

    def _erase(self, kind: str, names: Sequence[str]) -> None:
        self._settle_visits()
        self.entities[kind].erase(names)
        self.stream.erase(**{f"{kind}s": names})
        self.erased_ids[kind].update(names)
        self.erased += 1

    def delete_field(self, kind: str, group: str, field: str) -> None:
        self.fields.delete(kind, group, field)
        self.entities[kind].hide(self.fields.hidden(kind))

    def create_fields(self, kind: str, group: str, fields: list[Row]) -> Row:
        made = self.fields.create(kind, group, fields)
        self.entities[kind].hide(self.fields.hidden(kind))
        return made


def _no_rows() -> Table:
    return _NOTHING


_NOTHING = Table.of_rows([])
