"""A Pendo that runs inside the test and the real way to it; places of every kind to load rows into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from loading_places import (
    APPENDED,
    BY_KEY,
    BY_TIME,
    DeltaPlace,
    DuckDbPlace,
    FolderPlace,
    ObjectPlace,
    Place,
    PostgreSqlPlace,
    SqlitePlace,
)
from pendant.connectors.catalogue import Catalogue
from pendant.connectors.catalogue import load as load_catalogue
from pendant.model.pipeline import REPLACE, Load, LoadMode
from pendo_reading import Reading, opened_reading
from postgresql_server import Server


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def reading(catalogue: Catalogue) -> Iterator[Callable[..., Reading]]:
    """Start a subscription: `reading(visitors=20, days=3, …)`."""
    with ExitStack() as stack:

        def start(**options: Any) -> Reading:
            return stack.enter_context(opened_reading(catalogue, **options))

        yield start


KINDS = ["duckdb", "sqlite", "postgresql", "delta", "folder", "s3"]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    match request.param:
        case "duckdb":
            return DuckDbPlace(f"{tmp_path}/out.duckdb#people")
        case "sqlite":
            return SqlitePlace(f"{tmp_path}/out.sqlite#people")
        case "delta":
            pytest.importorskip("deltalake", reason="comes with the extra delta")
            return DeltaPlace(f"delta:{tmp_path}/out/")
        case "folder":
            return FolderPlace(f"{tmp_path}/out/", modes=(LoadMode.REPLACE, LoadMode.SLICES))
        case "s3":
            endpoint = request.getfixturevalue("object_storage")
            target = f"s3://exports/{tmp_path.name}/"
            return ObjectPlace(
                target, modes=(LoadMode.REPLACE, LoadMode.SLICES), endpoint=endpoint, scratch=str(tmp_path)
            )
        case _:
            started: Server = request.getfixturevalue("postgresql")
            return PostgreSqlPlace.emptied(started, tmp_path)


@pytest.fixture(params=[REPLACE, BY_TIME, BY_KEY, APPENDED], ids=lambda load: load.mode.value)
def load(request: pytest.FixtureRequest, place: Place) -> Load:
    found: Load = request.param
    if found.mode not in place.modes:
        pytest.skip(f"the target has no mode {found.mode.value}")
    return found
