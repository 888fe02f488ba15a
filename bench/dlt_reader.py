"""What dlt makes of the same rows: a child of against_dlt.py, which writes the key to its standard input.

    python bench/dlt_reader.py arrow|rest_api RESOURCE API SINCE UNTIL FOLDER < key

`arrow` is a resource as its docs advise for speed: one answer, tables of Arrow. `rest_api` is the declared source.
Prints one line of JSON: rows, and the seconds of `pipeline.run` from the first request to the last Parquet file.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"

import dlt
from dlt.destinations import filesystem
from dlt.sources.helpers import requests
from dlt.sources.helpers.rest_client.paginators import SinglePagePaginator
from dlt.sources.rest_api import rest_api_source

ROWS_AT_ONCE = 50_000
PATH = "/api/v1/aggregation"


def main() -> None:
    kind, resource, api, since, until, folder = sys.argv[1:]
    headers = {"x-pendo-integration-key": sys.stdin.read().strip()}
    asked = {"response": {"mimeType": "application/json"}, "request": {"pipeline": pipeline(resource, since, until)}}
    source = with_arrow if kind == "arrow" else with_rest_api
    made = source(resource, api, headers, asked)
    target = filesystem(bucket_url=folder)
    loading = dlt.pipeline("bench", destination=target, dataset_name="bench", pipelines_dir=f"{folder}/pipelines")
    started = time.perf_counter()
    loading.run(made, loader_file_format="parquet")
    seconds = time.perf_counter() - started
    print(json.dumps({"rows": loading.last_trace.last_normalize_info.row_counts[resource], "seconds": seconds}))


def pipeline(resource: str, since: str, until: str) -> list[dict[str, Any]]:
    if resource == "visitors":
        return [{"source": {"visitors": None}}, {"sort": ["visitorId"]}]
    first, last = (round(datetime.fromisoformat(moment).timestamp() * 1000) for moment in (since, until))
    series = {"period": "dayRange", "first": first, "last": last - 1}
    return [{"source": {"events": {"appId": 'expandAppIds("*")'}, "timeSeries": series}}]


def with_arrow(resource: str, api: str, headers: dict[str, str], asked: dict[str, Any]) -> Any:
    def rows() -> Iterator[pa.Table]:
        answer = requests.post(api + PATH, headers=headers, json=asked)
        answer.raise_for_status()
        found = [flat(row) for row in answer.json()["results"]]
        for start in range(0, len(found), ROWS_AT_ONCE):
            yield pa.Table.from_pylist(found[start : start + ROWS_AT_ONCE])

    return dlt.resource(rows, name=resource)


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """Keep nested values as JSON text: values of one metadata field can have several types, which Arrow refuses."""
    return {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in row.items()}


def with_rest_api(resource: str, api: str, headers: dict[str, str], asked: dict[str, Any]) -> Any:
    endpoint = {"path": PATH, "method": "POST", "json": asked, "data_selector": "results"}
    client = {"base_url": api, "headers": headers, "paginator": SinglePagePaginator()}
    return rest_api_source({"client": client, "resources": [{"name": resource, "endpoint": endpoint}]})


if __name__ == "__main__":
    main()
