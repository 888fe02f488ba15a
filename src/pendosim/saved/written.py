"""What clients wrote and sent that is not in a row or an object of its own: taken out of a world, and put back."""

from pathlib import Path

import msgspec

from pendosim.saved.files import BadFile, read_whole
from pendosim.saved.written_shapes import Written
from pendosim.values import Row
from pendosim.world.entities import Change
from pendosim.world.world import World

_PARENT = "parentAccount"


def written_in(world: World) -> Written:
    with world.present() as state:
        parents = state.entities[_PARENT].table()
        found: Row = {
            "fields": state.fields.written(),
            "never_processed": {kind: sorted(names) for kind, names in state.skipped.items()},
            "erased": {kind: sorted(names) for kind, names in state.erased_ids.items()},
            "receipts": state.erasures.written(),
            "parent_accounts": [parents.row(place) for place in range(len(parents))],
            "segments": world.memberships.written(),
            "guides": world.guide_changes.written(),
            "translations": world.translations.written(),
            "feedback": world.feedback.written(),
            "rotated": world.rotated,
        }
    return msgspec.convert(found, Written)


def read_written(path: Path) -> Written:
    """Raise BadFile."""
    written = read_whole(path, Written)
    for item in written.feedback.items:
        if not isinstance(item.get("id"), str):
            raise BadFile(path, "an item of feedback has an id")
    return written


def put_back(world: World, written: Written) -> None:
    found = msgspec.to_builtins(written)
    with world.present() as state:
        state.fields.rewrite(found["fields"])
        for kind, entities in state.entities.items():
            entities.hide(state.fields.hidden(kind))
        for kind in ("visitor", "account"):
            state.skipped[kind].update(found["never_processed"].get(kind, ()))
            state.erased_ids[kind].update(found["erased"].get(kind, ()))
        state.erased = int(any(state.erased_ids.values()))
        state.erasures.rewrite(found["receipts"])
        _put_back_parents(world, found["parent_accounts"])
    world.memberships.rewrite(found["segments"])
    world.guide_changes.rewrite(found["guides"])
    world.translations.rewrite(found["translations"])
    world.feedback.rewrite(found["feedback"])
    world.rotated |= found["rotated"]


def _put_back_parents(world: World, rows: list[Row]) -> None:
    with world.present() as state:
        entities = state.entities[_PARENT]
        for row in rows:
            for view in (entities.now, entities.shown):
                entities.change(view, row["accountId"], _given(row["metadata"]))


def _given(metadata: Row) -> Change:
    return lambda changed: changed.update(metadata)
