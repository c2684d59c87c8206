"""Imports go down only and without cycles; the top level has FastAPI's paths and folders only."""

from __future__ import annotations

import pkgutil
import tomllib
from pathlib import Path

import fastapi
import pytest

from tests.house.imports import FOLDER, find_cycles, parts_of, read_imports

PROJECT = FOLDER.parent
#: What the top level holds beside the paths of FastAPI: two public modules, folders, and batteries.
OWN_MODULES = {"as_fastapi", "hooks"}
OWN_FOLDERS = {
    "adapters",
    "compile",
    "core",
    "declare",
    "devtools",
    "fields",
    "health",
    "interop",
    "logs",
    "plan",
    "routes",
    "run",
}
#: Parts that build on the public interface, each with an extra of its name.
BATTERIES = {
    "cache",
    "channels",
    "deploy",
    "idempotency",
    "jobs",
    "limits",
    "metrics",
    "nodes",
    "ray",
    "settings",
    "sql",
}


def layers() -> list[list[str]]:
    """Return the layers of the contract, lowest first, each with its members."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    contract = next(
        one for one in settings["tool"]["importlinter"]["contracts"] if one["id"] == "layers"
    )
    return [layer.split(" | ") for layer in reversed(contract["layers"])]


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = read_imports()
    assert len(graph) > 200
    assert find_cycles(graph) == []
    assert find_cycles(parts_of(graph)) == []


def test_every_import_goes_to_a_lower_layer() -> None:
    found = [(number, name) for number, names in enumerate(layers()) for name in names]
    level = {name.strip("()"): number for number, name in found}
    parts = parts_of(read_imports())
    assert {name for _, name in found if not name.startswith("(")} <= set(parts) <= set(level)
    upward = [
        f"{name} -> {other}"
        for name, imported in parts.items()
        for other in imported
        if level[other] >= level[name]
    ]
    assert upward == []


def test_the_contract_is_an_ordered_list() -> None:
    """`:` would join modules that may import each other in any direction."""
    text = (PROJECT / "pyproject.toml").read_text("utf-8")
    contract = text[text.index('id = "layers"') :]
    assert ":" not in contract[contract.index("layers = [") : contract.index("]")]
    assert "exclude_type_checking_imports = false" in text


def test_the_top_level_holds_the_paths_of_fastapi_and_folders() -> None:
    theirs = {module.name for module in pkgutil.iter_modules(fastapi.__path__)}
    modules = {module.name for module in pkgutil.iter_modules([str(FOLDER)])}
    files = {name for name in modules if (FOLDER / f"{name}.py").exists()}
    assert files - theirs == OWN_MODULES
    assert modules - files - theirs == OWN_FOLDERS | BATTERIES


@pytest.mark.parametrize("folder", sorted(OWN_FOLDERS | BATTERIES))
def test_every_folder_says_what_it_is_for(folder: str) -> None:
    text = Path(FOLDER / folder / "__init__.py").read_text("utf-8")
    assert text.startswith('"""')


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a", "d2"}, "d2": {"e"}, "e": set()}
    assert find_cycles(graph) == [["a", "b", "c"]]
    assert find_cycles({"a": {"b"}, "b": set()}) == []
