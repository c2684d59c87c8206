"""List the routes of an application: what is requested, and where the answer is written."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pronghorn.cli.errors import CommandError

__all__ = ["Row", "print_json", "print_table", "rows"]

_PIPE_WIDTH = 1000


@dataclass(frozen=True)
class Row:
    """One route.

    Attributes:
        kind: ``"http"``, ``"websocket"``, ``"mount"`` or ``"host"``.
        methods: HTTP methods, sorted; empty for the other kinds and where any is accepted.
        path: Full path, with the prefixes of mounts and the host name of a ``host`` route.
        name: Name for ``url_path_for``.
        endpoint: Qualified name of what answers.
        file: Source file of it, if it is written in Python.
        line: First line of it in that file, decorators included.
    """

    kind: str
    methods: list[str]
    path: str
    name: str
    endpoint: str
    file: str | None
    line: int | None


def rows(app: Any) -> list[Row]:
    """The routes of an application in the order in which they are tried; a mount before its own.

    Raises:
        CommandError: The application does not show its routes.
    """
    routes = getattr(app, "routes", None)
    if not isinstance(routes, Iterable):
        raise CommandError(
            f"A {type(app).__name__} does not show its routes",
            "Name the app inside of it, for example with --app",
        )
    return list(_rows(routes, ""))


def _rows(routes: Iterable[Any], prefix: str) -> Iterator[Row]:
    for route in routes:
        yield _row(route, prefix)
        children = getattr(route, "routes", None)
        if isinstance(children, Iterable):
            yield from _rows(children, prefix + _path(route))


def _path(route: Any) -> str:
    """What the route adds to the address: a path, or a host name."""
    return str(getattr(route, "path", "") or getattr(route, "host", ""))


def _row(route: Any, prefix: str) -> Row:
    target = getattr(route, "endpoint", None) or getattr(route, "app", route)
    name, file, line = _source(target)
    return Row(
        kind=_kind(route),
        methods=sorted(getattr(route, "methods", None) or ()),
        path=prefix + _path(route),
        name=getattr(route, "name", None) or "",
        endpoint=name,
        file=file,
        line=line,
    )


def _kind(route: Any) -> str:
    from starlette.routing import Host, Mount, WebSocketRoute

    kinds = ((WebSocketRoute, "websocket"), (Mount, "mount"), (Host, "host"))
    return next((kind for class_, kind in kinds if isinstance(route, class_)), "http")


def _source(target: Any) -> tuple[str, str | None, int | None]:
    """Name, file and line of what answers: a function, or the class of anything else."""
    while isinstance(target, partial):
        target = target.func
    target = inspect.unwrap(target)
    if not hasattr(target, "__qualname__"):
        target = type(target)
    code = getattr(target, "__code__", None)
    if code is not None:
        return target.__qualname__, code.co_filename, code.co_firstlineno
    try:
        file, line = inspect.getsourcefile(target), inspect.getsourcelines(target)[1]
    except (OSError, TypeError):
        return target.__qualname__, None, None
    return target.__qualname__, file, line


def print_json(listed: list[Row]) -> None:
    """Write the routes to standard output as a JSON array of objects, one per `Row`."""
    print(json.dumps([asdict(row) for row in listed], indent=2, ensure_ascii=False))


def print_table(listed: list[Row]) -> None:
    """Write the routes to standard output as a table; a pipe gets one line per route."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    table = Table("Methods", "Path", "Name", "Endpoint", "Source", box=None, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for row in listed:
        table.add_row(
            Text(", ".join(row.methods) or row.kind, style="green" if row.methods else "cyan"),
            Text(row.path),
            Text(row.name),
            Text(row.endpoint),
            Text(_place(row), style="dim"),
        )
    with console.capture() as capture:
        console.print(table)
    # Cells are padded to the width of their column, the last ones too.
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _place(row: Row) -> str:
    """File and line, shortened to where the reader looks: below here, or the library's name."""
    if row.file is None:
        return ""
    file, here = Path(row.file), Path.cwd()
    if "site-packages" in file.parts:
        file = Path(*file.parts[file.parts.index("site-packages") + 1 :])
    elif file.is_relative_to(here):
        file = file.relative_to(here)
    return f"{file}:{row.line}"
