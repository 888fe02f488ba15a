"""What is tagged: applications, pages, features and track types, as the list endpoints show them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pendosim.values import Row
from pendosim.world.ids import app_id, object_id, random_of, stable_version_id
from pendosim.world.words import FEATURE_VERBS, PAGE_KINDS, PAGE_WORDS, TRACK_NAMES

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
_PLATFORMS = ("web", "web", "web", "ios")
PAGES_PER_APP = 40
FEATURES_PER_APP = 60

Author = dict[str, Any]
# Who changes what is changed by API.
SYSTEM_AUTHOR: Author = {"id": "-42", "username": "", "first": "", "last": "", "role": 0, "userType": ""}


@dataclass(frozen=True)
class App:
    id: int
    name: str
    platform: str
    server: str


@dataclass
class Definitions:
    """Everything tagged; the objects of one kind stand in one list, grouped by application."""

    apps: tuple[App, ...]
    pages: list[Row] = field(default_factory=list)
    features: list[Row] = field(default_factory=list)
    track_types: list[Row] = field(default_factory=list)

    def app_ids(self) -> tuple[int, ...]:
        return tuple(app.id for app in self.apps)

    def groups(self) -> list[Row]:
        """Product areas, each once."""
        return list({one["group"]["id"]: one["group"] for one in self.pages + self.features}.values())


@dataclass(frozen=True)
class Tagging:
    """Who tags and when: the same for every object of one world."""

    seed: int
    now: int

    def common(self, kind: str, app: App, name: str, number: int) -> Row:
        """Make the fields every tagged object has."""
        root = object_id(kind, self.seed, app.id, name, number)
        random = random_of(self.seed, root)
        created = self.now - int(random.integers(60, 900)) * DAY_MS - int(random.integers(0, DAY_MS))
        updated = created + int(random.integers(0, self.now - created))
        author = author_of(int(random.integers(0, 5)))
        return {
            "id": root,
            "kind": kind,
            "name": name,
            "appId": app.id,
            "appIds": [app.id],
            "createdAt": created,
            "createdByUser": author,
            "lastUpdatedAt": updated,
            "lastUpdatedByUser": author_of(int(random.integers(0, 5))),
            "rootVersionId": root,
            "stableVersionId": stable_version_id(root, updated),
            "group": group_of(number),
            "color": ".groupColor01",
            "description": "",
        }

    def watermarks(self) -> Row:
        return {
            "isCoreEvent": False,
            "isSuggested": False,
            "isAutoTagged": False,
            "dirty": False,
            "tagMaintenanceExclude": False,
            "validThrough": self.now // HOUR_MS * HOUR_MS,
            "dailyMergeFirst": 0,
            "dailyRollupFirst": 0,
        }


def author_of(number: int) -> Author:
    names = (("Pat", "Lee"), ("Sam", "Roy"), ("Alex", "Kim"), ("Jo", "Fox"), ("Max", "Orr"))
    first, last = names[number % len(names)]
    username = f"{first}.{last}@example.com".lower()
    author = {"id": str(5_649_338_561_462_111 + number), "username": username, "first": first, "last": last}
    return author | {"role": 8, "userType": ""}


def group_of(number: int) -> Row:
    if number % 3:
        return {
            "id": "_PENDO_DEFAULTGROUP_00_",
            "name": "No product area",
            "description": "",
            "color": ".groupColor01",
        }
    area = PAGE_WORDS[number % len(PAGE_WORDS)]
    return {
        "id": object_id("Group", area),
        "name": area,
        "description": f"All about {area}",
        "color": ".groupColor04",
    }


def made_apps(count: int, seed: int) -> tuple[App, ...]:
    def app(number: int) -> App:
        name = "Acme Console" if number == 0 else f"Acme App {number + 1}"
        server = "app.example.com" if number == 0 else f"app{number + 1}.example.com"
        return App(app_id(number, seed), name, _PLATFORMS[number % len(_PLATFORMS)], server)

    return tuple(app(number) for number in range(count))


def made_definitions(apps: tuple[App, ...], seed: int, now: int) -> Definitions:
    tagging = Tagging(seed, now)
    made = Definitions(apps)
    for app in apps:
        pages = [_page(tagging, app, number) for number in range(PAGES_PER_APP)]
        made.pages += pages
        made.features += [_feature(tagging, app, number, pages) for number in range(FEATURES_PER_APP)]
        made.track_types += [track_type(tagging, app, name, number) for number, name in enumerate(TRACK_NAMES)]
    return made


def _page(tagging: Tagging, app: App, number: int) -> Row:
    word, kind = PAGE_WORDS[number % len(PAGE_WORDS)], PAGE_KINDS[number // len(PAGE_WORDS) % len(PAGE_KINDS)]
    path = f"{word}s/{kind}".lower()
    rule = {
        "rule": f"//*/{path}/*parameter*",
        "designerHint": f"https://{app.server}/{path}/42",
        "parsedRule": f"^https?://[^/]*/{path}/([^/#?;]+)/?(?:;[^#]*)?(?:\\?[^#]*)?(?:#.*)?$",
    }
    page = tagging.common("Page", app, f"{word} {kind}", number) | tagging.watermarks()
    extra = {
        "rules": [rule],
        "rulesjson": "",
        "excludeRules": [],
        "suggestedName": "",
        "suggestedTagRules": [],
        "ignoredFrustrationTypes": [],
    }
    return page | extra


def _feature(tagging: Tagging, app: App, number: int, pages: list[Row]) -> Row:
    verb, word = (
        FEATURE_VERBS[number % len(FEATURE_VERBS)],
        PAGE_WORDS[number // len(FEATURE_VERBS) % len(PAGE_WORDS)],
    )
    wide = number % 7 == 0
    property_of = {
        "name": "label",
        "type": "string",
        "path": "text",
        "pattern": "",
        "rule": "",
        "selector": "button",
    }
    return (
        tagging.common("Feature", app, f"{verb} {word}", number)
        | tagging.watermarks()
        | {
            "pageId": "" if wide else pages[number % len(pages)]["id"],
            "appWide": wide,
            "elementPathRules": [f"#{word.lower()}-{verb.lower()}", f'[data-id="{verb} \\"{word}\\""]'],
            "elementInitialTag": "button",
            "elementSelectionType": "custom",
            "createdDesignerVersion": "3.6.1",
            "suggestedMatch": "",
            "eventPropertyConfigurations": [property_of | {"isActive": True}] if number % 5 == 0 else [],
        }
    )


def track_type(tagging: Tagging, app: App, name: str, number: int) -> Row:
    return (
        tagging.common("TrackType", app, name, number)
        | tagging.watermarks()
        | {
            "trackTypeName": name,
            "trackTypeRules": [name],
            "eventPropertyNameList": ["plan", "amount", "first"],
        }
    )


def in_apps(objects: list[Row], app_ids: tuple[int, ...] | None) -> Iterator[Row]:
    """All of them for None."""
    return (one for one in objects if app_ids is None or one["appId"] in app_ids)
