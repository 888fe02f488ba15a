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
from pendosim.late import add_events, restate
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
            ("GET", "/keys"): lambda _request, _body: self._of.keys.listed(),
            ("POST", "/keys"): lambda _request, body: self._add_key(_settings(body)),
            ("PUT", "/keys"): lambda _request, body: self._change_key(_settings(body)),
            ("POST", "/events"): lambda _request, body: self._add_events(_settings(body)),
            ("POST", "/restatements"): lambda _request, body: self._restate(_settings(body)),
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
            answer = await asyncio.get_running_loop().run_in_executor(self._of.quick, verb, request, body)
        except (Refused, ValueError) as bad:
            return web.Response(status=400, text=str(bad))
        return web.Response(body=to_json(answer), content_type="application/json")

    def _add_fault(self, body: bytes) -> Any:
        return asdict(self._of.faults.arm(fault_of(parsed_json(body))))

    def _add_key(self, settings: dict[str, Any]) -> Any:
        if "value" not in settings:
            raise Refused('a key is added by {"value": ..., "write": true or false, "allowed_endpoints": [...]}')
        return self._of.keys.add(**settings).described()

    def _change_key(self, settings: dict[str, Any]) -> Any:
        key = self._of.keys.named(str(settings.pop("label", "")))
        key.change(**settings)
        return key.described()

    def _add_events(self, settings: dict[str, Any]) -> Any:
        events = settings.get("events")
        if not isinstance(events, list) or settings.keys() - {"events", "at"}:
            raise Refused('events are added by {"events": [...], "at": milliseconds}')
        return {"added": add_events(self._of.world, events, settings.get("at"))}

    def _restate(self, settings: dict[str, Any]) -> Any:
        if not {"since", "until", "events"} <= settings.keys() <= {"since", "until", "events", "at"}:
            raise Refused('a window is restated by {"since": ms, "until": ms, "events": count, "at": ms}')
        restate(self._of.world, **settings)
        return settings

    def _set_lags(self, body: bytes) -> Any:
        self._of.world.lags.change(**_settings(body))
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


def _settings(body: bytes) -> dict[str, Any]:
    given = parsed_json(body)
    if not isinstance(given, dict):
        raise Refused("the body is an object with settings")
    return given
