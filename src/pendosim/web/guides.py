"""Guides: the list, order, history, state, audience, resets, translations, results of experiments."""

from pendosim.aggregation.answer import csv_of
from pendosim.errors import Refused
from pendosim.web.call import Call, Reply, Route, json_reply, route, text_reply
from pendosim.web.fields import fields_of, text_of
from pendosim.web.tagged import app_id, asked_for
from pendosim.world import xliff
from pendosim.world.experiments import COLUMNS, experiment_rows
from pendosim.world.guide_changes import STATES
from pendosim.world.guide_steps import summarized


def _listed(call: Call) -> Reply:
    guides = asked_for(call, call.world.guides)
    light = call.query.get("summarizeContent") == "true"
    return json_reply([summarized(guide) if light else guide for guide in guides])


def _order(call: Call) -> Reply:
    """Give the order of one application's guides: that of the list."""
    wanted = app_id(call)
    return json_reply({"appId": wanted, "guideIds": [one["id"] for one in call.world.guides if one["appId"] == wanted]})


def _history(call: Call) -> Reply:
    return json_reply(call.world.guide_changes.history(call.entity_id("id")))


def _set_state(call: Call) -> Reply:
    state = text_of(fields_of(call, "state"), "state")
    if state not in STATES:
        raise Refused(f"state {state[:60]!r} is unknown; wanted one of {', '.join(STATES)}")
    call.world.guide_changes.set_state(call.entity_id("id"), state)
    return text_reply(200, "")


def _set_segment(call: Call) -> Reply:
    segment = text_of(fields_of(call, "segmentId"), "segmentId")
    call.world.guide_changes.find(call.entity_id("id"))
    if not any(one["id"] == segment for one in call.world.memberships.listed()):
        raise Refused("segmentId names no segment")
    call.world.guide_changes.set_segment(call.entity_id("id"), segment)
    return text_reply(200, "")


def _reset(call: Call) -> Reply:
    call.world.guide_changes.reset(call.entity_id("id"))
    return text_reply(200, "")


def _reset_staged(call: Call) -> Reply:
    call.world.guide_changes.reset_staged()
    return text_reply(200, "")


def _reset_for(call: Call) -> Reply:
    call.world.guide_changes.reset_for(call.entity_id("visitor"), call.entity_id("id"))
    return text_reply(200, "")


def _reset_all_for(call: Call) -> Reply:
    call.world.guide_changes.reset_all_for(call.entity_id("visitor"))
    return text_reply(200, "")


def _experiment(call: Call) -> Reply:
    guide = call.world.guide_changes.find(call.entity_id("id"))
    return Reply(content_type="text/csv", pieces=csv_of(experiment_rows(call.world, guide), COLUMNS))


def _translations_out(call: Call) -> Reply:
    wanted = [name for name in call.query.get("guideids", "").split(",") if name]
    if not wanted:
        raise Refused("guideids names the guides to export, with commas between them")
    guides = [guide for guide in call.world.guides if guide["id"] in wanted]
    return Reply(content_type="application/xliff+xml", body=xliff.written(call.world.translations.papers(guides)))


def _translations_in(call: Call) -> Reply:
    call.world.translations.bring_in(xliff.read(call.body))
    return text_reply(200, "")


_ONE = "/api/v1/guide/{id}"
# Fixed words stand before the places they could be mistaken for.
ROUTES: tuple[Route, ...] = (
    route("GET", "/api/v1/guide", _listed),
    route("GET", "/api/v1/guide/order", _order),
    route("GET", "/api/v1/guide/localization/export", _translations_out),
    route("POST", "/api/v1/guide/localization/import", _translations_in, write=True),
    route("POST", "/api/v1/guide/staged/reset", _reset_staged, write=True),
    route("POST", "/api/v1/guide/all/visitor/{visitor}/reset", _reset_all_for, write=True),
    route("GET", f"{_ONE}/history", _history),
    route("POST", f"{_ONE}/visitor/{{visitor}}/reset", _reset_for, write=True),
    route("POST", f"{_ONE}/reset", _reset, write=True),
    route("POST", f"{_ONE}/experiment/export", _experiment),
    route("PUT", f"{_ONE}/segment", _set_segment, write=True),
    route("PUT", f"{_ONE}/state", _set_state, write=True),
)
