"""What the numbers of single events stand for, to begin with."""

from collections.abc import Sequence

from pendosim.values import Row, to_json
from pendosim.world.activity import FEATURE, PAGE, PARAMETERS, PROPERTIES, TRACK
from pendosim.world.bucket_rows import Pools
from pendosim.world.definitions import App
from pendosim.world.people import People
from pendosim.world.words import BROWSERS, PLANS


def made_pools(
    people: People, apps: Sequence[App], pages: list[Row], features: list[Row], track_types: list[Row]
) -> Pools:
    parameters: list[Row] = [{}, *({"parameter": str(number * 7 + 1)} for number in range(1, PARAMETERS))]
    properties: list[Row] = [{}, *(_properties(number) for number in range(1, PROPERTIES))]
    items = {PAGE: pages, FEATURE: features, TRACK: track_types}
    return Pools(
        visitor_ids=people.visitor_ids,
        account_ids=people.account_ids,
        apps=[(app.id, app.server) for app in apps],
        item_ids={kind: [one["id"] for one in objects] for kind, objects in items.items()},
        user_agents=[browser.user_agent for browser in BROWSERS],
        ips=people.ips,
        parameters=[to_json(one).decode() for one in parameters],
        properties=[to_json(one).decode() for one in properties],
    )


def _properties(number: int) -> Row:
    properties: Row = {"plan": PLANS[number % len(PLANS)], "amount": number + 0.5, "first": number % 2 == 0}
    if number % 3 == 0:
        properties["__sg__"] = {"visitormetadata": {"agent__role": "admin"}}
    return properties
