"""POST /api/v1/aggregation: the envelope around a pipeline."""

from collections.abc import Iterator
from dataclasses import replace

from pendosim.aggregation.answer import answered
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.aggregation.query import Rows
from pendosim.errors import Refused
from pendosim.values import Row, plain_json
from pendosim.web.call import Call, Reply, Route, parsed_json, route


def source_of(body: bytes) -> str:
    """Name the first source, or nothing where the body is not what it should be."""
    try:
        stage = parsed_json(body)["request"]["pipeline"][0]["source"]
        return str(next(name for name in stage if name != "timeSeries"))
    except (Refused, LookupError, TypeError, StopIteration):
        return ""


def _aggregate(call: Call) -> Reply:
    envelope = call.json()
    if not isinstance(envelope, dict) or not isinstance(envelope.get("request"), dict):
        raise Refused("the body is an object with response and request")
    pipeline = pipeline_of(_plain(envelope["request"].get("pipeline")), call.world, call.world.environment())
    if call.without_auto:
        pipeline = replace(pipeline, steps=(*pipeline.steps, _without_auto))
    mime = _mime_type(envelope.get("response"))
    if mime == "text/csv":
        return Reply(content_type=mime, pieces=answered(pipeline, as_csv=True))
    return Reply(pieces=answered(pipeline, as_csv=False))


def _plain(stages: object) -> object:
    try:
        return plain_json(stages)
    except RecursionError as deep:
        raise Refused("the pipeline is nested too deeply") from deep


def _mime_type(response: object) -> str:
    mime = response.get("mimeType", "application/json") if isinstance(response, dict) else "application/json"
    if mime not in ("application/json", "text/csv"):
        raise Refused(f"mimeType {str(mime)[:60]!r} is unknown; wanted application/json or text/csv")
    return str(mime)


def _without_auto(rows: Rows) -> Iterator[Row]:
    for row in rows:
        if isinstance(row.get("metadata"), dict):
            row["metadata"].pop("auto", None)
        yield row


ROUTES: tuple[Route, ...] = (route("POST", "/api/v1/aggregation", _aggregate),)
