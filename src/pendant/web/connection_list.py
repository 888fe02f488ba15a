"""The list of connections as its templates show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from pendant.connectors.catalogue import Catalogue
from pendant.model.access import Actor, Permission
from pendant.model.connection import Connection
from pendant.web.marks import BEING_TESTED, OF_ACCESS, OF_CONNECTION, Mark
from pendant.web.panel_state import CUSTOM, api_type_in, state_of
from pendant.web.panel_view import application_view
from pendant.web.words import Moment, counted, moment

SORT_DEFAULT = "name"

# Column, its heading, the word the service sorts by, and from which width on it is shown.
_COLUMNS = (
    ("name", "Name", "name", ""),
    ("application", "Application", "application", "if-medium"),
    ("api_type", "API type", "", "if-medium"),
    ("region", "Region", "", "if-medium"),
    ("access", "Access", "", "if-wide"),
    ("status", "Status", "status", ""),
    ("used_by", "Used by", "", "if-wide"),
    ("last_tested", "Last tested", "tested", "if-medium"),
    ("updated", "Last updated", "updated", "if-wide"),
)


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    text: str
    css: str
    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class Action:
    text: str
    url: str
    icon: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    name: str
    host: str
    url: str
    application: str
    application_title: str
    icon: str
    api_type_title: str
    region: str
    region_title: str
    access: str
    status: Mark
    uses: str
    tested: Moment | None
    updated: Moment | None
    actions: Sequence[Action]


@dataclass(frozen=True, slots=True)
class ListView:
    """`any` says whether there is a connection at all, whatever was searched for."""

    rows: Sequence[Row]
    columns: Sequence[Column]
    search: str
    sort: str
    any: bool
    count: str


def list_view(rows: Sequence[Row], *, search: str, sort: str, any_at_all: bool) -> ListView:
    return ListView(
        rows=rows,
        columns=[_column(*each, search=search, sort=sort) for each in _COLUMNS],
        search=search,
        sort=sort,
        any=any_at_all,
        count=counted(len(rows), "connection"),
    )


def row_of(
    connection: Connection, catalogue: Catalogue, actor: Actor, now: datetime, *, being_tested: bool = False
) -> Row:
    connector = catalogue.connector(connection.application)
    state = state_of(connector, connection)
    titles = {each.name: each.title for each in connector.regions} | {CUSTOM: "Custom base URI"}
    return Row(
        id=connection.id,
        name=connection.name,
        host=urlsplit(connection.http.base_uri).netloc,
        url=f"/connections/{connection.id}/edit" if actor.may(Permission.CONNECTIONS_WRITE) else "",
        application=connection.application,
        application_title=connector.title,
        icon=application_view(connector).icon,
        api_type_title=_short(api_type_in(connector, connection.api_type).title, connector.title),
        region=state.region.upper() if state.region in titles and state.region != CUSTOM else "Custom",
        region_title=titles.get(state.region, ""),
        access=OF_ACCESS[connection.access],
        status=BEING_TESTED if being_tested else OF_CONNECTION[connection.status],
        uses=counted(len(connection.used_by), "use") if connection.used_by else "",
        tested=moment(connection.last_test.tested_at if connection.last_test else None, now),
        updated=moment(connection.updated_at, now),
        actions=_actions(connection.id, actor),
    )


def _short(title: str, application: str) -> str:
    """Leave out the application, which has a column of its own."""
    short = title.removeprefix(f"{application} ")
    return short[:1].upper() + short[1:]


def _actions(connection_id: str, actor: Actor) -> list[Action]:
    base = f"/connections/{connection_id}"
    write = actor.may(Permission.CONNECTIONS_WRITE)
    wanted = (
        (write, Action("Edit", f"{base}/edit", "edit")),
        (write, Action("Clone", f"{base}/clone", "clone")),
        (actor.may(Permission.CONNECTIONS_TEST), Action("Test", f"{base}/test", "play")),
        (True, Action("Used by", f"{base}/used-by", "link")),
        (write, Action("Delete", f"{base}/delete", "trash", danger=True)),
    )
    return [action for allowed, action in wanted if allowed]


def _column(key: str, text: str, sorted_by: str, css: str, *, search: str, sort: str) -> Column:
    if not sorted_by:
        return Column(key, text, css, "", "")
    up, down = sort == sorted_by, sort == f"-{sorted_by}"
    query = urlencode({"q": search, "sort": f"-{sorted_by}" if up else sorted_by})
    return Column(key, text, css, f"/connections?{query}", "ascending" if up else "descending" if down else "")
