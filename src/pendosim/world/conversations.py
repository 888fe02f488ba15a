"""Conversation events, as the source agenticEvents shows them."""

from collections.abc import Collection
from typing import Any, NamedTuple

from pendosim.values import Row
from pendosim.world.ids import object_id

KINDS = ("prompt", "agent_response", "user_reaction")
_SHOWN = ("agentId", "conversationId", "messageId", "suggestedPrompt")


class Conversation(NamedTuple):
    kind: str
    """prompt, agent_response or user_reaction."""
    visitor_id: str
    account_id: str
    time: int
    app_id: int
    properties: dict[str, Any]
    context: dict[str, Any]
    """Kept by nobody: rows do not show it."""


class Conversations:
    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._count = 0

    def add(self, event: Conversation) -> None:
        self._count += 1
        row = {
            "visitorId": event.visitor_id,
            "accountId": event.account_id,
            "appId": event.app_id,
            "eventId": object_id("conversation", self._count, event.time, event.visitor_id),
            "type": event.kind,
            "content": event.properties.get("content", ""),
            "browserTime": event.time,
        }
        self._rows.append(row | {name: event.properties[name] for name in _SHOWN if name in event.properties})

    def rows(self) -> list[Row]:
        return list(self._rows)

    def erase(self, kind: str, names: Collection[str]) -> None:
        erased = set(names)
        self._rows = [row for row in self._rows if row[f"{kind}Id"] not in erased]
