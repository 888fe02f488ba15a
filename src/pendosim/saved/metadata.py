"""What was written about visitors and accounts beyond their rows: taken out of a world, and put back."""

import msgspec

from pendosim.saved.metadata_shapes import Metadata
from pendosim.values import Row
from pendosim.world.entities import Change
from pendosim.world.world import World

_PARENT = "parentAccount"


def metadata_of(world: World) -> Metadata:
    with world.present() as state:
        parents = state.entities[_PARENT].table()
        found: Row = {
            "fields": state.fields.written(),
            "never_processed": {kind: sorted(names) for kind, names in state.skipped.items()},
            "erased": {kind: sorted(names) for kind, names in state.erased_ids.items()},
            "receipts": state.erasures.written(),
            "parent_accounts": [parents.row(place) for place in range(len(parents))],
        }
    return msgspec.convert(found, Metadata)


def put_back(world: World, metadata: Metadata) -> None:
    found = msgspec.to_builtins(metadata)
    with world.present() as state:
        state.fields.rewrite(found["fields"])
        for kind, entities in state.entities.items():
            entities.hide(state.fields.hidden(kind))
        for kind in ("visitor", "account"):
            state.skipped[kind].update(found["never_processed"].get(kind, ()))
            state.erased_ids[kind].update(found["erased"].get(kind, ()))
        state.erased = int(any(state.erased_ids.values()))
        state.erasures.rewrite(found["receipts"])
        entities = state.entities[_PARENT]
        for row in found["parent_accounts"]:
            for view in (entities.now, entities.shown):
                entities.change(view, row["accountId"], _given(row["metadata"]))


def _given(metadata: Row) -> Change:
    return lambda changed: changed.update(metadata)
