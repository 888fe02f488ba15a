"""What a command line said, and how the tests speak to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CREATE = (
    *("connections", "create", "--application", "pendo", "--api", "engage"),
    *("--region", "custom", "--token-stdin"),
)


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Said]
Create = Callable[..., Said]
