"""What clients do not count on: lists far longer than usual, fields and types nobody has seen before."""

from typing import Any

from pendosim.options import Options
from pendosim.values import Row
from pendosim.world.ids import DEFAULT_APP_ID, object_id, stable_version_id

_NEW_FIELDS: Row = {
    "futureScore": 0.5,
    "futureNotes": {"text": "new", "parts": [1, None]},
    "futureNothing": None,
}
_NEW_TYPES = {"balance": "currency", "place": "geopoint"}


def with_novelties(objects: list[Row], options: Options) -> list[Row]:
    """Grow the default application's objects to `list_size`, give all of them the new fields where they are on."""
    grown = objects + _copies(objects, options.list_size)
    return [one | _NEW_FIELDS for one in grown] if options.new_fields else grown


def _copies(objects: list[Row], size: int) -> list[Row]:
    """Make as many as are missing, in turn of each object that a list shows."""
    originals = [
        one for one in objects if one.get("appId", DEFAULT_APP_ID) == DEFAULT_APP_ID and one.get("shared", True)
    ]
    missing = max(0, size - len(originals)) if originals else 0
    return [_copy(originals[number % len(originals)], number) for number in range(missing)]


def _copy(one: Row, number: int) -> Row:
    root, name = object_id("copy", one["id"], number), f"{one['name']} {number + 2}"
    changed: Row = {"id": root, "rootVersionId": root, "name": name}
    if "stableVersionId" in one:
        changed["stableVersionId"] = stable_version_id(root, one["lastUpdatedAt"])
    if one["kind"] == "TrackType":
        changed |= {"trackTypeName": name, "trackTypeRules": [name]}
    if one["kind"] == "Guide":
        changed |= {"originId": root, "polls": [], "steps": [_step(step, root) for step in one["steps"]]}
    return one | changed


def _step(step: Row, guide_id: str) -> Row:
    return step | {"id": object_id("GuideStep", guide_id, step["rank"]), "guideId": guide_id, "pollIds": []}


def with_new_types(schema: Row, options: Options) -> Row:
    """Declare custom fields of types that do not exist yet, with a key that no entry has had so far."""
    if not options.new_fields or "custom" not in schema:
        return schema
    entry: dict[str, Any] = next(iter(schema["custom"].values()))
    new = {
        name: entry | {"Type": of, "DisplayName": name.title(), "futureFlag": True} for name, of in _NEW_TYPES.items()
    }
    return schema | {"custom": schema["custom"] | new}
