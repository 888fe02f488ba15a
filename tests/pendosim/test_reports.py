"""Reports: what is listed, and rows as JSON and CSV for those that have any."""

import csv
import io

from pendosim import running


def report_of(client, name):
    return next(report for report in client.get("/api/v1/report").json() if report["name"] == name)


def test_active_days_are_those_on_which_a_visitor_did_anything(shared):
    report = report_of(shared, "Visitor usage")
    rows = shared.get(f"/api/v1/report/{report['id']}/results.json").json()
    assert [row["visitorId"] for row in rows] == list(shared.pendo.expected("visitors", identified=True).ids)
    source = {"events": {"appId": 'expandAppIds("*")'}}
    window = {"period": "dayRange", "first": "now()", "count": -30}
    days = {}
    for row in shared.rows({"source": source, "timeSeries": window}):
        days.setdefault(row["visitorId"], set()).add(row["day"])
    assert [row["daysActive"] for row in rows] == [len(days.get(row["visitorId"], ())) for row in rows]
    assert any(row["daysActive"] for row in rows)


def test_columns_stand_in_the_order_of_the_report_even_where_there_is_no_row(own):
    with running(visitors=0, accounts=0, events_per_day=0) as empty:
        for client in (own, type(own)(empty)):
            report = report_of(client, "All visitors")
            text = client.get(f"/api/v1/report/{report['id']}/results.csv").body.decode()
            names = [field["field"] for field in report["aggregation"]["fields"]]
            assert next(csv.reader(io.StringIO(text, newline=""))) == names


def test_reports_of_other_kinds_are_listed_but_have_no_results(shared):
    kinds = {"funnel", "path", "retention"}
    others = [report for report in shared.get("/api/v1/report").json() if report["target"] in kinds]
    assert {report["target"] for report in others} == kinds
    for report in others:
        for form in ("json", "csv"):
            answer = shared.get(f"/api/v1/report/{report['id']}/results.{form}")
            assert (answer.status, b"no results" in answer.body) == (400, True)


def test_a_private_report_is_neither_listed_nor_run(shared):
    (private,) = [report for report in shared.pendo.world.reports if not report["shared"]]
    assert private["id"] not in [report["id"] for report in shared.get("/api/v1/report").json()]
    assert shared.get(f"/api/v1/report/{private['id']}/results.json").status == 404


def test_a_reports_pipeline_gives_the_reports_rows(shared):
    report = report_of(shared, "All accounts")
    rows = shared.get(f"/api/v1/report/{report['id']}/results.json").json()
    assert shared.rows(*report["aggregation"]["pipeline"]) == rows
    assert [row["accountId"] for row in rows] == list(shared.pendo.expected("accounts").ids)
