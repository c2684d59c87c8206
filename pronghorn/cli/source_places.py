"""Find the line of a program that made an application or added a middleware."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pronghorn.devtools.inventory import shorten

__all__ = ["Sources"]

_FRAMEWORK = Path(__file__).parents[1]


class _File(NamedTuple):
    name: str
    values: dict[str, Any]
    tree: ast.Module


class Sources:
    """The imported modules of the program that lie in its folder.

    A place is `"shop/main.py:16"`, and empty if it is not known for certain.

    Args:
        root: The folder from which the program was imported.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def place_of_app(self, app: Any) -> str:
        """Return the place at which an application was made."""
        for file in self._files:
            names = {name for name, value in file.values.items() if value is app}
            for node in file.tree.body:
                if isinstance(node, ast.Assign | ast.AnnAssign) and _targets(node) & names:
                    return _place(file, node)
        return self._only(lambda call: _name(call.func) == type(app).__name__)

    def place_of_layer(self, kind: type) -> str:
        """Return the place at which a middleware was added or put around the application."""
        return self._only(
            lambda call: (
                kind.__name__ == _name(call.func)
                or (bool(call.args) and kind.__name__ == _name(call.args[0]))
            )
        )

    def place_of_field(self, model: type, field: str) -> str:
        """Return the place at which a class, or a class that it extends, declares a field."""
        places = (_line_of_field(kind, field) for kind in model.__mro__)
        return next((place for place in places if place), "")

    def _only(self, is_meant: Any) -> str:
        places = [
            _place(file, node)
            for file in self._files
            for node in ast.walk(file.tree)
            if isinstance(node, ast.Call) and is_meant(node)
        ]
        return places[0] if len(places) == 1 else ""

    @cached_property
    def _files(self) -> list[_File]:
        return list(self._read())

    def _read(self) -> Iterator[_File]:
        for module in list(sys.modules.values()):
            name = getattr(module, "__file__", None)
            if not isinstance(name, str) or not name.endswith(".py"):  # Some make up attributes.
                continue
            if not self._is_own(Path(name)):
                continue
            try:
                tree = ast.parse(Path(name).read_bytes())
            except (OSError, SyntaxError, ValueError):
                continue
            yield _File(name, vars(module), tree)

    def _is_own(self, file: Path) -> bool:
        # An environment often lies in the folder of the program.
        apart = {"site-packages", "dist-packages"} & set(file.parts)
        return not apart and file.is_relative_to(self._root) and not _is_framework(file)


def _is_framework(file: Path) -> bool:
    return file.is_relative_to(_FRAMEWORK)


def _targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _name(node: ast.expr) -> str:
    """Return the last part of a dotted name; empty for anything else."""
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _place(file: _File, node: ast.stmt | ast.expr) -> str:
    return f"{shorten(file.name)}:{node.lineno}"


def _line_of_field(kind: type, field: str) -> str:
    """Return the place in the body of a class at which a field begins; empty if it is elsewhere."""
    try:
        file, (lines, first) = inspect.getsourcefile(kind), inspect.getsourcelines(kind)
    except (OSError, TypeError):
        return ""
    for number, line in enumerate(lines, first):
        if line.strip().startswith((f"{field}:", f"{field} :")):
            return f"{shorten(file or '')}:{number}"
    return ""
