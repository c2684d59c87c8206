"""Read the imports of the package from its source, including those for types only."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pronghorn

FOLDER = Path(pronghorn.__file__).parent
#: The files of new projects, which are no modules of the package.
TEMPLATE = FOLDER / "cli" / "new_project"
Graph = Mapping[str, set[str]]


def module_files() -> dict[str, Path]:
    """Return the name of every module of the package with its file."""
    files = sorted(file for file in FOLDER.rglob("*.py") if not file.is_relative_to(TEMPLATE))
    return {_name_of(file): file for file in files}


def _name_of(file: Path) -> str:
    parts = file.relative_to(FOLDER.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_imports() -> dict[str, set[str]]:
    """Return what each module imports of the package, wherever in the file that is written."""
    files = module_files()
    return {name: set(_imported(file, files)) - {name} for name, file in files.items()}


def _imported(file: Path, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else node.module


def parts_of(graph: Graph) -> dict[str, set[str]]:
    """Return the same imports between what lies at the top level: a folder counts as one."""
    parts: dict[str, set[str]] = {}
    for name, imported in graph.items():
        part = _part_of(name)
        if part is not None:
            own = parts.setdefault(part, set())
            own.update(other for target in imported if (other := _part_of(target)))
            own.discard(part)
    return parts


def _part_of(module: str) -> str | None:
    """Return what a module belongs to at the top level; None for the package itself."""
    _, _, inside = module.partition(".")
    return inside.split(".")[0] or None


def find_cycles(graph: Graph) -> list[list[str]]:
    """Return the groups whose members reach each other, each sorted."""
    reached = {name: _reachable(name, graph) for name in graph}
    groups = {
        tuple(sorted(other for other in reached[name] if name in reached.get(other, ())))
        for name in graph
    }
    return sorted(list(group) for group in groups if group)


def _reachable(start: str, graph: Graph) -> set[str]:
    """Return what can be reached from a node; the node itself only through others."""
    found: set[str] = set()
    todo = list(graph.get(start, ()))
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += graph.get(name, ())
    return found
