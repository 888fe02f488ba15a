"""Writes what is derived from the declarations: `python -m pendant.connectors.document` in the repository.

The JSON Schema beside the connectors is what editors check a connector.yaml with; docs/resources.md lists what can
be exported. A test compares both with what this module makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pendant.connectors.catalogue import Catalogue, load
from pendant.connectors.declaration import Connector, Resource
from pendant.connectors.pendo.layout import declared

ROOM = Path(__file__).parent
SCHEMA_FILE = ROOM / "connector.schema.json"
RESOURCES_FILE = Path("docs/resources.md")

_INTRODUCTION = """\
# Resources

What can be exported, and with which columns. This page is made from the connectors' declarations
(`python -m pendant.connectors.document`); change it there.

Rows come in the order of their key, time first. A row of an event stream has no key of its own: several may agree in
all of the columns named.

*Position* is the column that tells what is new: rows that came or changed later have a later one. Resources without it
are read whole every time.

Every table has one more column, `other_fields`: a JSON object of whatever a record held that no column declares,
and of values that are not of their column's type, each under its own path. It is null when there is nothing.

| Type | Column |
| --- | --- |
| text, integer, number, boolean | as it says |
| time | timestamp in UTC, to the millisecond |
| time_or_never | the same; the 0 by which Pendo says "never" is null |
| texts, integers, numbers | a list |
| json | text: the JSON exactly as it was received |
| any_text | text: a text as it is, any other value as its JSON |
"""
_PIPELINES = """
A JSON list of stages, given with `--pipeline FILE` (`pipeline` in the API): the first is `source` or `spawn`. Write
`":since"` and `":until"` where the first and the last millisecond of the window stand; Pendo's `last` is inclusive:

```json
[{"source": {"pageEvents": {"appId": "expandAppIds(\\"*\\")"}},
  "timeSeries": {"period": "dayRange", "first": ":since", "last": ":until"}},
 {"group": {"group": ["day"], "fields": [{"visitors": {"count": "visitorId"}}]}}]
```

Such a pipeline is read in slices of days of the subscription's time zone, as long as every stage looks at single rows
or groups by the day (`dayRange`) or hour (`hourRange`); any other is read in one answer. Pendo names no columns for a
pipeline: they are found from up to 1,000 rows, and what turns up later is in `other_fields`. The run says so.
"""
_KINDS = {
    "entity": "All of them, in the order of their id; many are read in several ranges of ids at once.",
    "rows": "All of them in one answer.",
    "list": "One list; all applications unless some are chosen.",
    "object": "One small answer.",
    "event": "By time, between *since* and *until*; all applications unless some are chosen.",
    "seen": "Summed up by Pendo over the whole days, in the subscription's time zone, from *since* to *until*.",
    "children": "One request for each; all of them, or those whose *ids* are given.",
    "members": "One job of Pendo for each; all of them, or those whose *ids* are given.",
    "history": "One request for each visitor and day between *since* and *until*; *ids* names the visitors.",
    "nps": "All surveys, or those of the guides whose *ids* are given.",
    "schema": "One row for each metadata field.",
    "aggregation": "Between *since* and *until*, where the pipeline asks for them.",
}


def schema_text() -> str:
    schema = Connector.model_json_schema()
    schema["title"] = "A Pendant connector"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def resources_text(catalogue: Catalogue) -> str:
    parts = [_INTRODUCTION]
    for connector in catalogue.all():
        if connector.resources:
            parts += [f"\n## {connector.title}\n", *_overview(connector)]
            parts += ["".join(_details(connector, resource)) for resource in connector.resources]
    return "\n".join(parts)


def _overview(connector: Connector) -> Iterator[str]:
    yield "| Resource | What it holds | Key | Position |\n| --- | --- | --- | --- |"
    for resource in connector.resources:
        link = f"[{resource.name}](#{resource.name.lower()})"
        yield f"| {link} | {resource.summary} | {', '.join(resource.key)} | {resource.position or resource.time} |"
    yield ""


def _details(connector: Connector, resource: Resource) -> Iterator[str]:
    yield f"### {resource.name}\n\n{resource.summary} {_KINDS[resource.kind]}"
    yield "".join(f" {sentence}" for sentence in _more(resource))
    if columns := declared(connector.columns_of(resource)):
        yield "\n\n| Column | Type |\n| --- | --- |\n"
        for column in columns:
            yield f"| {column.name} | {column.type.value} |\n"
    if resource.kind == "aggregation":
        yield "\n" + _PIPELINES
    if resource.sample:
        sample = json.dumps(resource.sample, ensure_ascii=False)
        yield f"\nOne record as it comes:\n\n```json\n{sample}\n```\n"


def _more(resource: Resource) -> Iterator[str]:
    if resource.kind == "event":
        exact = "the start of its day" if resource.bucketed else resource.time
        yield f"A row belongs to a span of time when {exact} does."
    if resource.window_days_max:
        yield f"Asked for in windows of 1 to {resource.window_days_max} days, by the number of rows."
    if resource.days_back_max:
        yield f"Pendo keeps {resource.days_back_max} days of it."
    if resource.metadata:
        yield (
            f"One more column for each field of the subscription's {resource.metadata} metadata, named"
            " `<group>_<field>`, and for each application `auto_<application>_<field>` with "
            f"{', '.join(resource.per_app)}."
        )


def main() -> None:
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    RESOURCES_FILE.write_text(resources_text(load()), encoding="utf-8")


if __name__ == "__main__":
    main()
