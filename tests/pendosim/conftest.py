"""One small subscription for reading, a client that speaks plain HTTP, and single worlds without HTTP."""

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from pendosim import Pendo, running

# 2024-03-11T15:30:00Z, the day after New York's clocks went forward.
NOW = 1710171000000
ALL_APPS = {"appId": 'expandAppIds("*")'}


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    pendo: Pendo

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        url: str = "",
        **headers: str,
    ) -> Answer:
        address = urlsplit(url or self.pendo.api)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = self.pendo.key if key is None else key
        if given:
            named["x-pendo-integration-key"] = given
        try:
            connection.request(method, path, body=sent, headers=named)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), dict(answer.getheaders()))
        finally:
            connection.close()

    def get(self, path: str, **settings: Any) -> Answer:
        return self.request("GET", path, **settings)

    def aggregate(self, *stages: object, **settings: Any) -> Answer:
        envelope = {"response": {"mimeType": "application/json"}, "request": {"pipeline": list(stages)}}
        return self.request("POST", "/api/v1/aggregation", envelope, **settings)

    def rows(self, *stages: object) -> list[dict[str, Any]]:
        answer = self.aggregate(*stages)
        assert answer.status == 200, answer.body
        return answer.json()["results"]

    def control(self, method: str, path: str, body: object = None) -> Answer:
        return self.request(method, path, body, key="", url=self.pendo.control)


@pytest.fixture(scope="session")
def shared() -> Iterator[Client]:
    """For tests that only read."""
    with running(visitors=300, accounts=30, days=9, events_per_day=300, apps=3, seed=7, now=NOW) as pendo:
        yield Client(pendo)


@pytest.fixture
def own() -> Iterator[Client]:
    """For tests that change something."""
    with running(visitors=40, accounts=10, days=4, events_per_day=60, now=NOW) as pendo:
        yield Client(pendo)


@pytest.fixture(scope="session")
def series() -> Callable[..., dict[str, Any]]:
    """A source stage with a time series."""

    def stage(source: str, period: str, first: object, *, apps: Any = None, **end: object) -> dict[str, Any]:
        parameters = ALL_APPS if apps is None else apps
        return {"source": {source: parameters, "timeSeries": {"period": period, "first": first, **end}}}

    return stage
