"""The invariants of the house: which room may import which, and who alone may touch what.

Everything here reads the source as text and syntax trees; nothing is imported, so nothing can hide an arrow:
imports inside functions and under TYPE_CHECKING count like any other.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"

FLOORS: dict[str, int] = {
    "main": 7,
    "__main__": 7,
    "__init__": 7,
    "process": 7,
    "serving": 7,
    "server": 7,
    "library": 6,
    "api": 6,
    "web": 6,
    "cli": 6,
    "services": 5,
    "engine": 4,
    "app": 3,
    "vault": 2,
    "store": 2,
    "egress": 2,
    "connectors": 2,
    "transform": 2,
    "access": 2,
    "settings": 2,
    "logs": 2,
    "model": 1,
    "errors": 1,
    "ahead": 1,
    "version": 1,
}

# A room of floor 2 knows another one only through an interface on floor 1; these arrows are the exceptions.
NEIGHBOURS = {("connectors", "egress")}

MODEL_MAY_IMPORT = {"pyarrow", "pendant"}

REVEALING_FILES = {
    "pendant/model/secret.py",  # defines it
    "pendant/vault/vault.py",  # seals what it reveals
    "pendant/connectors/token_shape.py",  # keeps a region word, as a hint, and nothing else
}
REVEALING_ROOMS = ("pendant/egress/",)


def source_files(package: str) -> list[Path]:
    return sorted((SOURCE / package).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[str]:
    """Yield the full dotted name of everything a file imports, wherever in the file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where an arrow goes"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def arrows_between_rooms() -> Iterator[tuple[Path, str, str]]:
    for path in source_files("pendant"):
        here = room_of(module_of(path))
        for name in imports_of(path):
            if name.startswith("pendant.") and (there := room_of(name)) in FLOORS and there != here:
                yield path, here, there


def module_graph(package: str) -> dict[str, set[str]]:
    modules = {module_of(path) for path in source_files(package)}
    return {
        module_of(path): {name for name in imports_of(path) if name in modules and name != module_of(path)}
        for path in source_files(package)
    }


def test_every_room_stands_on_a_floor() -> None:
    rooms = {room_of(module_of(path)) for path in source_files("pendant")}
    assert rooms <= set(FLOORS), f"give these a floor in FLOORS and ARCHITECTURE.md: {rooms - set(FLOORS)}"


def test_arrows_go_down_only() -> None:
    upward = [
        f"{relative(path)}: {here} (floor {FLOORS[here]}) imports {there} (floor {FLOORS[there]})"
        for path, here, there in arrows_between_rooms()
        if FLOORS[there] > FLOORS[here]
    ]
    assert upward == []


def test_rooms_of_the_second_floor_do_not_know_one_another() -> None:
    sideways = {
        f"{relative(path)} imports {there}"
        for path, here, there in arrows_between_rooms()
        if FLOORS[here] == FLOORS[there] == 2 and there != "settings" and (here, there) not in NEIGHBOURS
    }
    assert sideways == set()


def test_the_doors_do_not_know_one_another() -> None:
    doors = {"api", "web", "cli", "library"}
    between = [
        f"{relative(path)} imports {there}"
        for path, here, there in arrows_between_rooms()
        if here in doors and there in doors
    ]
    assert between == []


@pytest.mark.parametrize("package", ["pendant", "pendosim"])
def test_there_is_no_circle(package: str) -> None:
    graph = module_graph(package)
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"a circle: {' -> '.join([*trail[trail.index(module) :], module])}"
        if module in done:
            return
        for other in sorted(graph[module]):
            # A package's face imports its own rooms, and they may not import it back.
            walk(other, (*trail, module))
        done.add(module)

    for module in sorted(graph):
        walk(module, ())


def test_pendant_and_pendosim_do_not_know_one_another() -> None:
    assert [p for p in source_files("pendant") for name in imports_of(p) if name.split(".")[0] == "pendosim"] == []
    assert [p for p in source_files("pendosim") for name in imports_of(p) if name.split(".")[0] == "pendant"] == []


def test_the_ground_floor_needs_only_the_standard_library_and_arrow() -> None:
    foreign = {
        f"{relative(path)}: {name}"
        for path in source_files("pendant")
        if FLOORS[room_of(module_of(path))] == 1
        for name in imports_of(path)
        if name.split(".")[0] not in MODEL_MAY_IMPORT | sys.stdlib_module_names
    }
    assert foreign == set()


ONLY_HERE = {
    "adbc_driver_postgresql": ("egress",),
    "cryptography": ("vault",),
    "aiohttp": ("egress",),
    "sqlalchemy": ("store",),
    "alembic": ("store",),
    "sqlite3": ("store",),
    "argon2": ("access",),
    "dbos": ("engine",),
    "cyclopts": ("cli", "serving"),
    "rich": ("cli",),
    "uvicorn": ("server",),
}


@pytest.mark.parametrize(("library", "rooms"), ONLY_HERE.items())
def test_a_library_with_a_room_of_its_own_is_imported_nowhere_else(library: str, rooms: tuple[str, ...]) -> None:
    elsewhere = {
        relative(path)
        for path in source_files("pendant")
        if room_of(module_of(path)) not in rooms
        for name in imports_of(path)
        if name.split(".")[0] == library
    }
    assert elsewhere == set()


def test_only_egress_opens_an_outbound_connection() -> None:
    network = {"socket", "ssl", "http.client", "urllib.request", "ftplib", "smtplib", "telnetlib", "xmlrpc"}
    network |= {"requests", "httpx", "httpx2", "urllib3", "aiohttp", "websockets", "pyarrow.fs"}
    elsewhere = {
        f"{relative(path)}: {name}"
        for path in source_files("pendant")
        if room_of(module_of(path)) != "egress"
        for name in imports_of(path)
        if any(name == module or name.startswith(f"{module}.") for module in network)
    }
    # The server binds a listening socket before it says that it is there; it connects to nobody.
    assert elsewhere <= {"pendant/server/running.py: socket"}


def test_g09_reveal_stands_only_in_the_files_this_test_lists() -> None:
    places = {
        relative(path)
        for path in source_files("pendant")
        if any(isinstance(node, ast.Attribute) and node.attr == "reveal" for node in ast.walk(tree_of(path)))
    }
    assert {p for p in places if not p.startswith(REVEALING_ROOMS)} <= REVEALING_FILES


def test_only_one_function_decides_a_runs_next_state() -> None:
    deciding = {
        relative(path)
        for path in source_files("pendant")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.keyword)
        and node.arg == "state"
        and isinstance(node.value, ast.Attribute)
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id == "RunState"
        and node.value.attr != "QUEUED"
    }
    assert deciding == set(), "write state=next_state(run.state, RunEvent.…)"


WRITING_METHODS = {"ensure_schema", "replace_slice", "publish", "discard"}


def test_only_the_pipeline_calls_the_writing_methods_of_a_destination() -> None:
    callers = {
        relative(path)
        for path in source_files("pendant")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITING_METHODS
    }
    assert callers <= {"pendant/engine/pipeline.py", "pendant/engine/slices.py"}


def test_f16_nothing_is_pickled_or_evaluated() -> None:
    modules = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
    for package in ("pendant", "pendosim"):
        for path in source_files(package):
            assert modules.isdisjoint(name.split(".")[0] for name in imports_of(path)), relative(path)
            called = {
                node.func.id
                for node in ast.walk(tree_of(path))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            assert called.isdisjoint({"eval", "exec", "compile"}), relative(path)


def test_no_file_grows_beyond_400_lines_and_no_function_beyond_70() -> None:
    for package in ("pendant", "pendosim"):
        for path in source_files(package):
            text = path.read_text(encoding="utf-8")
            assert text.count("\n") <= 400, f"{relative(path)}: is there a seam?"
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    assert (node.end_lineno or 0) - node.lineno < 70, f"{relative(path)}: {node.name}"


def test_no_room_is_named_after_nothing() -> None:
    nothing = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [relative(path) for path in source_files("pendant") + source_files("pendosim") if path.stem in nothing] == []


def service_functions() -> list[tuple[str, str]]:
    """Public functions of services/ that take the app and an actor: the verbs."""
    verbs = []
    for path in source_files("pendant/services"):
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                names = [argument.arg for argument in node.args.args]
                if names[:2] == ["app", "actor"]:
                    verbs.append((path.stem, node.name))
    return verbs


def calls_into_services(room: str) -> set[tuple[str, str]]:
    """(module, function) pairs that a door names, by module attribute or by imported name."""
    pairs = set()
    for path in source_files(f"pendant/{room}"):
        tree = tree_of(path)
        aliases: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "pendant.services":
                aliases |= {(name.asname or name.name): name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pendant.services."):
                module = (node.module or "").rsplit(".", 1)[1]
                pairs |= {(module, name.name) for name in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
                pairs.add((aliases[node.value.id], node.attr))
    return pairs


@pytest.mark.parametrize("door", ["api", "cli"])
def test_every_service_function_is_reachable_from_the_door(door: str) -> None:
    missing = set(service_functions()) - calls_into_services(door)
    assert service_functions(), "there are verbs"
    assert missing == set()


def test_every_service_function_is_named_in_the_docs() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    missing = {f"{module}.{name}" for module, name in service_functions() if f"`{module}.{name}`" not in text}
    assert missing == set()
