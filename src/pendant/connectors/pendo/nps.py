"""Answers to NPS surveys: what each visitor rated, beside the comment that explains it.

A survey is two polls of one guide: a rating from 0 to 10, and a text behind it. Pendo joins them by visitor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.lists import Lists
from pendant.connectors.pendo.nested import joined
from pendant.connectors.pendo.parents import Parent, halves_of, parents_of, slices_of
from pendant.connectors.pendo.query import Stage, aggregation, count_of, rows_of
from pendant.errors import WrongInput
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Slice

RATING = "NPSRating"


class _Attributes(msgspec.Struct, rename="camel"):
    type: str = ""
    follow_up: Any = None


class _Poll(msgspec.Struct):
    id: str
    attributes: _Attributes | None = None


class _Guide(msgspec.Struct, rename="camel"):
    id: str
    name: str = ""
    app_id: int | None = None
    polls: list[_Poll] | None = None


_guide = msgspec.json.Decoder(_Guide)


class Nps:
    """Implements Records: one slice for each survey."""

    def __init__(
        self, channel: Channel, resource: Resource, guides: Resource, *, apps: Sequence[int], ids: Sequence[str]
    ) -> None:
        self._channel = channel
        self._resource = resource
        self._guides = Lists(channel, guides, apps=apps)
        self._ids = ids

    def plan(self) -> Sequence[Slice]:
        surveys = {survey.id: survey for guide in self._guides.records() for survey in _surveys(guide)}
        if missing := [one for one in self._ids if one not in surveys]:
            raise WrongInput(
                "id_unknown",
                f"There is no guide with an NPS survey and the id {missing[0][:100]!r}.",
                hint="Look at the ids with an export of guides.",
                field="ids",
            )
        return slices_of([surveys[one] for one in sorted(self._ids or surveys)], each=1)

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        return halves_of(part)

    def count(self, part: Slice) -> int | None:
        return sum(self._count(one) for one in parents_of(part))

    def read(self, part: Slice, _meter: RunMeter) -> Iterator[list[Raw]]:
        for survey in parents_of(part):
            pipeline = [*_answers(survey), {"sort": ["ratedAt", "visitorId"]}]
            request = aggregation(self._resource.name, pipeline)
            for records in rows_of(self._channel, request, partial(self._count, survey)):
                yield [joined({"guideId": survey.id, **survey.fields}, record) for record in records]

    def _count(self, survey: Parent) -> int:
        return count_of(self._channel, "NPS count", _answers(survey))


def _surveys(record: Raw) -> Iterator[Parent]:
    try:
        guide = _guide.decode(record)
    except msgspec.ValidationError:
        return
    polls = guide.polls or []
    for place, poll in enumerate(polls):
        if poll.attributes is not None and poll.attributes.type == RATING:
            yield Parent(
                guide.id,
                {
                    "guideName": guide.name,
                    "appId": guide.app_id,
                    "ratingPollId": poll.id,
                    "commentPollId": _comment(polls, place),
                },
            )
            return


def _comment(polls: Sequence[_Poll], place: int) -> str | None:
    """Return the poll that the rating names as its follow-up, or the one behind it."""
    attributes = polls[place].attributes
    named = attributes.follow_up if attributes else None
    if any(poll.id == named for poll in polls):
        return str(named)
    return polls[place + 1].id if place + 1 < len(polls) else None


def _answers(survey: Parent) -> list[Stage]:
    def seen(poll: str) -> Stage:
        return {"source": {"pollsSeenEver": {"guideId": survey.id, "pollId": poll}}}

    rating = {"visitorId": "visitorId", "accountId": "accountId", "ratedAt": "time", "rating": "response"}
    rated: list[Stage] = [seen(survey.fields["ratingPollId"]), {"select": rating}]
    comment_poll = survey.fields["commentPollId"]
    if comment_poll is None:
        return rated
    commented = [seen(comment_poll), {"select": {"visitorId": "visitorId", "comment": "response"}}]
    return [{"spawn": [rated, commented]}, {"join": {"fields": ["visitorId"], "width": 2}}]
