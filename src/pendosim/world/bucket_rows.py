"""Rows of events, pageEvents, featureEvents and trackEvents: single events counted up by bucket."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from pendosim.periods import QUARTER_HOUR_MS, Calendar
from pendosim.pieces import Chosen, Numbers, Piece, Taken, joined, json_text
from pendosim.tables import ArrowArray, Column, Table, number_column, string_column
from pendosim.values import plain_number
from pendosim.world.activity import FEATURE, PAGE, TRACK, Activity, Places
from pendosim.world.people import place_of

MINUTE_MS = 60_000
_COMBINED_MAX = 2**62
_RECORDED_EVERY = 10
_BUCKETS = ("hour", "day", "week", "month", "quarter")


@dataclass(frozen=True)
class BucketSource:
    """One aggregation source: which events it counts, and what names their object."""

    name: str
    kind: int | None
    """None counts everything."""
    item_field: str


BUCKET_SOURCES = {
    source.name: source
    for source in (
        BucketSource("events", None, "pageId"),
        BucketSource("pageEvents", PAGE, "pageId"),
        BucketSource("featureEvents", FEATURE, "featureId"),
        BucketSource("trackEvents", TRACK, "trackTypeId"),
    )
}


@dataclass(frozen=True)
class Pools:
    """What the numbers of an Activity stand for."""

    visitor_ids: Sequence[str]
    account_ids: Sequence[str]
    apps: Sequence[tuple[int, str]]
    """Id and server."""
    item_ids: dict[int, Sequence[str]]
    """By kind of event."""
    user_agents: Sequence[str]
    ips: Sequence[str]
    parameters: Sequence[str]
    """As JSON."""
    properties: Sequence[str]
    """As JSON."""


@dataclass(frozen=True)
class Counted:
    """One entry for each row: its first event, and what was counted."""

    first: Activity
    bucket: Places
    events: Places
    minutes: Places
    first_time: Places
    last_time: Places


def bucket_table(source: BucketSource, unit: str, activity: Activity, pools: Pools, calendar: Calendar) -> Table:
    """Every row of the source for one granularity, in an order that means nothing."""
    chosen = activity if source.kind is None else activity.where(activity.kind == source.kind)
    counted = _counted(source, unit, chosen, calendar)
    return Table(_encoded(source, unit, counted, pools, calendar), _columns(source, unit, counted, pools, calendar))


def _counted(source: BucketSource, unit: str, activity: Activity, calendar: Calendar) -> Counted:
    bucket = calendar.floors(unit, activity.time)
    # Starts are whole quarter hours, so this is a small number without loss.
    parts = [
        bucket // QUARTER_HOUR_MS,
        activity.visitor,
        activity.app,
        activity.account,
        activity.browser,
        activity.ip,
    ]
    if source.kind is not None:
        parts += [activity.item, activity.parameter, activity.properties]
    key = combined(parts)
    order = np.argsort(key, kind="stable")
    if not len(order):
        return Counted(activity, bucket, *(bucket,) * 4)
    time = activity.time[order]
    new_row = np.concatenate(([True], np.diff(key[order]) != 0))
    new_minute = new_row | np.concatenate(([True], np.diff(time // MINUTE_MS) != 0))
    starts = np.flatnonzero(new_row)
    shuffle = np.random.default_rng(len(starts)).permutation(len(starts))
    first = order[starts]
    columns = (
        np.diff(np.append(starts, len(order))),
        np.add.reduceat(new_minute.astype(np.int64), starts),
        np.minimum.reduceat(time, starts),
        np.maximum.reduceat(time, starts),
    )
    return Counted(activity.where(first[shuffle]), bucket[first][shuffle], *(column[shuffle] for column in columns))


def combined(parts: Sequence[Places]) -> Places:
    """One number for each combination; equal exactly where all parts are equal."""
    key = np.zeros(len(parts[0]), dtype=np.int64)
    size = 1
    for part in parts:
        low = int(part.min()) if len(part) else 0
        span = int(part.max()) - low + 1 if len(part) else 1
        if size * span > _COMBINED_MAX:
            known, key = np.unique(key, return_inverse=True)
            size = len(known)
        key = key * span + (part - low)
        size *= span
    return key


def _encoded(source: BucketSource, unit: str, counted: Counted, pools: Pools, calendar: Calendar) -> ArrowArray:
    """Join ready pieces of JSON, column by column: half a million dicts would take many seconds."""
    first = counted.first
    session = Numbers(_mixed(first.session))
    last_time = Numbers(counted.last_time)
    pieces: list[Piece] = [
        Taken(['{"accountId":' + json_text(account) for account in (*pools.account_ids, "")], first.account),
        Taken([f',"appId":{app},"server":{json_text(server)}' for app, server in pools.apps], first.app),
        _bucket_pieces(unit, counted.bucket, calendar),
        ',"firstTime":',
        Numbers(counted.first_time),
        ',"lastTime":',
        last_time,
        ',"numEvents":',
        Numbers(counted.events),
        ',"numMinutes":',
        Numbers(counted.minutes),
        *_item_pieces(source, first, pools),
        Taken([_ip_piece(place, ip) for place, ip in enumerate(pools.ips)], first.ip),
        Taken([f',"userAgent":{json_text(agent)}' for agent in pools.user_agents], first.browser),
        ',"visitorId":',
        Taken([json_text(visitor) for visitor in pools.visitor_ids], first.visitor),
        ',"analyticsSessionId":"',
        session,
        '","tabId":"t',
        Numbers(first.session),
        _replay_pieces(first, session, last_time),
        *_click_pieces(source, first),
        "},",
    ]
    return joined(pieces, len(first)).cast(pa.large_binary())


def _replay_pieces(first: Activity, session: Numbers, last_time: Numbers) -> Chosen:
    """Only some sessions are recorded; the other rows lack these fields."""
    parts: list[Piece] = ['","recordingId":"rec', session, '","recordingSessionId":"rs', session]
    parts += ['","signatureAgent":""', ',"lastKeyFrameTimestamp":', last_time]
    return Chosen(is_recorded(first.session), parts, '"')


def _mixed(numbers: Places) -> Places:
    """Spreads small numbers over nineteen digits, so that they look like random ids."""
    return (numbers * 7_046_029_254_386_353_131) % 8_999_999_999_999_999_999 + 10**17 if len(numbers) else numbers


def _bucket_pieces(unit: str, bucket: Places, calendar: Calendar) -> Taken:
    starts, place = np.unique(bucket, return_inverse=True)
    named = bucket_names(unit)
    pool = ["".join(f',"{name}":{calendar.floor(name, int(start))}' for name in named) for start in starts]
    return Taken(pool, place)


def _ip_piece(place: int, ip: str) -> str:
    of = place_of(place, ip)
    where = f'"latitude":{plain_number(of.latitude)},"longitude":{plain_number(of.longitude)}'
    return f',"remoteIp":{json_text(ip)},"country":{json_text(of.country)},"region":{json_text(of.region)},{where}'


def _item_pieces(source: BucketSource, first: Activity, pools: Pools) -> Sequence[Piece]:
    if source.kind is None:
        return [',"pageId":"allevents","properties":{}']
    named = Taken([f',"{source.item_field}":{json_text(item)}' for item in pools.item_ids[source.kind]], first.item)
    properties = Taken([f',"properties":{one}' for one in pools.properties], first.properties)
    if source.kind != PAGE:
        return [named, properties]
    return [named, Taken([f',"parameters":{one}' for one in pools.parameters], first.parameter), properties]


def _click_pieces(source: BucketSource, first: Activity) -> Sequence[Piece]:
    """Frustration counts: mostly none; not on trackEvents, and always 0 on featureEvents."""
    if source.kind == TRACK:
        return []
    names = ("rageClickCount", "errorClickCount", "deadClickCount", "uTurnCount")
    pool = ["".join(f',"{name}":{int(number == place)}' for place, name in enumerate(names)) for number in range(20)]
    spread = _mixed(first.session) % len(pool) if source.kind != FEATURE else np.full(len(first), 19, dtype=np.int64)
    return [Taken(pool, spread)]


def _columns(
    source: BucketSource, unit: str, counted: Counted, pools: Pools, calendar: Calendar
) -> dict[str, Callable[[], Column]]:
    first = counted.first
    accounts = first.account % (len(pools.account_ids) + 1)
    app_ids = np.array([app for app, _ in pools.apps], dtype=np.int64)
    columns: dict[str, Callable[[], Column]] = {
        "visitorId": partial(string_column, first.visitor, pools.visitor_ids),
        "accountId": partial(string_column, accounts, [*pools.account_ids, ""]),
        "appId": lambda: number_column(app_ids[first.app]),
        "remoteIp": partial(string_column, first.ip, pools.ips),
        "userAgent": partial(string_column, first.browser, pools.user_agents),
        "server": partial(string_column, first.app, [server for _, server in pools.apps]),
        "firstTime": partial(number_column, counted.first_time),
        "lastTime": partial(number_column, counted.last_time),
        "numEvents": partial(number_column, counted.events),
        "numMinutes": partial(number_column, counted.minutes),
        unit: partial(number_column, counted.bucket),
    }
    if source.kind is None:
        columns["pageId"] = partial(string_column, np.zeros(len(first), dtype=np.int64), ["allevents"])
    else:
        columns[source.item_field] = partial(string_column, first.item, pools.item_ids[source.kind])
    for wider in ("week", "month", "quarter"):
        if wider != unit and _BUCKETS.index(wider) > _BUCKETS.index(unit):
            columns[wider] = partial(_wider_column, calendar, wider, counted.bucket)
    return columns


def _wider_column(calendar: Calendar, unit: str, bucket: Places) -> Column:
    return number_column(calendar.floors(unit, bucket))


def is_recorded(session: Places) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    recorded: np.ndarray[tuple[int], np.dtype[np.bool_]] = session % _RECORDED_EVERY == 0
    return recorded


def recording_names(session: int) -> tuple[str, str]:
    """RecordingId and recordingSessionId, as the rows of that session name them."""
    mixed = int(_mixed(np.array([session], dtype=np.int64))[0])
    return f"rec{mixed}", f"rs{mixed}"


def bucket_names(unit: str) -> list[str]:
    """List the buckets a row names: an hour its week, month and quarter too, but only dayRange rows have a day."""
    wider = _BUCKETS[_BUCKETS.index(unit) :]
    return [name for name in wider if name in (unit, "week", "month", "quarter")]
