"""Conversation events that were sent, as the source agenticEvents shows them."""

from typing import Any, NamedTuple

from pendosim.values import Row
from pendosim.world.agentic_rows import AgenticEvent
from pendosim.world.ids import object_id

KINDS = ("prompt", "agent_response", "user_reaction")
_SHOWN = ("agentId", "conversationId", "messageId")


class Conversation(NamedTuple):
    """One event, as it was sent."""

    kind: str
    """One of KINDS."""
    visitor_id: str
    account_id: str
    time: int
    app_id: int
    properties: dict[str, Any]


def shown(event: Conversation, number: int) -> AgenticEvent:
    """Make the row of the `number`-th event."""
    of = event.properties
    row: Row = {
        "visitorId": event.visitor_id,
        "accountId": event.account_id,
        "eventId": object_id("conversation", number, event.time, event.visitor_id),
        "type": event.kind,
        "content": of.get("content", ""),
        "browserTime": event.time,
    }
    row |= {name: of[name] for name in _SHOWN if name in of}
    return AgenticEvent(event.app_id, str(of.get("agentId", "")), row)
