"""Server-sent events, as htmx takes them: HTML that goes where the element that asked says."""

from __future__ import annotations

EVENT_STREAM = "text/event-stream"


def event(html: str) -> str:
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"{lines}\n"
