"""Whoever loads rows may be killed at any moment: the target then has the old rows or the new ones."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loading_places import FolderPlace, Place, day, rows
from pendant.model.pipeline import Load

CHILD = """
import sys
from loading_places import *
place = eval(sys.argv[1])
load = {"slices": BY_TIME, "merge": BY_KEY, "append": APPENDED, "replace": REPLACE}[sys.argv[2]]
destination = place.open(load, run_id="killed")
destination.ensure_schema(SCHEMA)
destination.replace_slice(day(0), batches(rows(1000, 9000), size=3000))
print("staged", flush=True)
destination.publish([day(0)])
print("published", flush=True)
"""


@pytest.mark.parametrize("delay", [0.01, 0.1])
def test_killed_at_any_moment_the_rows_are_the_old_ones_or_the_new_ones(place: Place, load: Load, delay: float) -> None:
    place.load({day(0): rows(0, 5), day(1): rows(5, 5, on=1)}, load)
    before, new = place.ids(), list(range(1000, 10000))
    after = {"slices": [*range(5, 10), *new], "replace": new}.get(load.mode.value, [*before, *new])
    room = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": f"{room.parent / 'src'}:{room}"}
    command = [sys.executable, "-c", CHILD, place.recipe, load.mode.value]
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "staged\n"
        time.sleep(delay)
        process.kill()
    # The days of a folder change one after another, each as a whole.
    between = [[*range(5, 10), *new]] * isinstance(place, FolderPlace)
    assert place.settled_ids() in (before, after, *between)
    place.load({day(0): rows(1000, 10)}, load, run_id="killed")
    place.load({day(0): rows(1000, 10)}, load, run_id="next")
    assert place.left_behind() == []
