"""The control listener: faults, the requests seen, the truth, the clock. Not part of Pendo."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from pendosim.clock import SettableClock
from pendosim.errors import Refused
from pendosim.expected import expected_of
from pendosim.faults import fault_of
from pendosim.saved.save import save
from pendosim.values import to_json
from pendosim.web.call import parsed_json
from pendosim.web.subscription import Subscription

_Verb = Callable[[web.BaseRequest, bytes], Any]


class Control:
    def __init__(self, subscription: Subscription, clock: SettableClock) -> None:
        self._of = subscription
        self._clock = clock
        self._verbs: dict[tuple[str, str], _Verb] = {
            ("GET", "/faults"): lambda _request, _body: self._of.faults.listed(),
            ("POST", "/faults"): lambda _request, body: self._add_fault(body),
            ("DELETE", "/faults"): lambda _request, _body: self._of.faults.clear(),
            ("GET", "/requests"): lambda _request, _body: self._of.log.listed(),
            ("DELETE", "/requests"): lambda _request, _body: self._of.log.clear(),
            ("GET", "/expected"): lambda request, _body: self._expected(request),
            ("GET", "/lags"): lambda _request, _body: asdict(self._of.world.lags),
            ("POST", "/lags"): lambda _request, body: self._set_lags(body),
            ("GET", "/clock"): lambda _request, _body: {"now": self._clock.now()},
            ("POST", "/clock"): lambda _request, body: self._set_clock(body),
            ("POST", "/save"): lambda _request, _body: self._save(),
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        verb = self._verbs.get((request.method, request.path))
        if verb is None:
            known = ", ".join(f"{method} {path}" for method, path in self._verbs)
            return web.Response(status=404, text=f"unknown; there are {known}")
        body = await request.read()
        try:
            answer = await asyncio.to_thread(verb, request, body)
        except (Refused, ValueError) as bad:
            return web.Response(status=400, text=str(bad))
        return web.Response(body=to_json(answer), content_type="application/json")

    def _add_fault(self, body: bytes) -> Any:
        return asdict(self._of.faults.arm(fault_of(parsed_json(body))))

    def _set_lags(self, body: bytes) -> Any:
        wanted = parsed_json(body)
        if not isinstance(wanted, dict):
            raise Refused('lags are set by {"ingest_lag": seconds, ...}')
        self._of.world.lags.change(**wanted)
        return asdict(self._of.world.lags)

    def _set_clock(self, body: bytes) -> Any:
        wanted = parsed_json(body)
        if not isinstance(wanted, dict) or not isinstance(wanted.get("now"), int):
            raise Refused('the clock is set by {"now": milliseconds}')
        self._clock.set(wanted["now"])
        return {"now": self._clock.now()}

    def _save(self) -> Any:
        directory = self._of.world.options.save
        if not directory:
            raise Refused("there is nowhere to save to; start with --save DIR")
        save(self._of.world, Path(directory))
        return {"saved": directory}

    def _expected(self, request: web.BaseRequest) -> Any:
        given: dict[str, Any] = dict(request.query)
        resource = given.pop("resource", "")
        settings: dict[str, Any] = {name: int(given.pop(name)) for name in ("since", "until") if name in given}
        if "apps" in given:
            settings["apps"] = [int(app) for app in given.pop("apps").split(",")]
        if "identified" in given:
            settings["identified"] = given.pop("identified") == "true"
        if given.keys() - {"unit"}:
            raise ValueError("expected takes resource, since, until, apps, unit and identified")
        return asdict(expected_of(self._of.world, resource, **settings, **given))
