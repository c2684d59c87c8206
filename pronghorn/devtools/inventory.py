"""List the routes of an application: what is requested, and where the answer is written."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

__all__ = ["Listed", "Row", "answering", "inner_app", "list_routes", "place", "shows_routes"]

_DEPTH = 50
"""How many applications around each other are looked through; more is taken for a circle."""


@dataclass(frozen=True)
class Row:
    """What is shown of one route.

    Attributes:
        kind: `"http"`, `"websocket"`, `"mount"` or `"host"`.
        methods: HTTP methods, sorted; empty for the other kinds and where any is accepted.
        path: Full path, with the prefixes of mounts and the host name of a `host` route.
        name: Name for `url_path_for`.
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


@dataclass(frozen=True)
class Listed:
    """One route, and where it was found.

    Attributes:
        row: What is shown of it.
        route: The route.
        prefix: What the mounts around it put before its path.
        apps: The applications it is in, the outermost first.
    """

    row: Row
    route: Any
    prefix: str
    apps: tuple[Any, ...]

    @property
    def labels(self) -> list[str]:
        """The route as one names it: `GET /items`, once for each method; `WS` for no method."""
        return [f"{method} {self.row.path}" for method in self.methods]

    @property
    def methods(self) -> list[str]:
        """Its methods; `WS` for a WebSocket route, `ANY` where any is accepted."""
        return self.row.methods or (["WS"] if self.row.kind == "websocket" else ["ANY"])

    def answers(self, method: str, path: str) -> bool:
        """Whether it answers this path, as it was declared or as a client asks for it."""
        if method not in self.methods and "ANY" not in self.methods:
            return False
        pattern = getattr(self.route, "path_regex", None)
        if pattern is None or self.row.kind in {"mount", "host"}:
            return False
        inside = path.removeprefix(self.prefix)
        return self.row.path == path or bool(path.startswith(self.prefix) and pattern.match(inside))


def shows_routes(app: Any) -> bool:
    """Whether an application has a list of routes."""
    return isinstance(getattr(app, "routes", None), Iterable)


def inner_app(app: Any) -> Any:
    """The application that shows its routes: this one, or the one inside of its middleware."""
    inside = app
    for _ in range(_DEPTH):
        if shows_routes(inside):
            return inside
        inside = getattr(inside, "app", None)
    return app


def list_routes(app: Any) -> list[Listed]:
    """The routes of an application in the order in which they are tried; a mount before its own.

    Args:
        app: The application; one that does not show its routes has none.
    """
    return list(_walk(app.routes, "", (app,))) if shows_routes(app) else []


def answering(routes: Iterable[Listed], method: str, path: str) -> Listed | None:
    """The first route that answers this path.

    Args:
        routes: What `list_routes` gives.
        method: An HTTP method, or `WS`.
        path: The path as it was declared, or a path that a client would ask for.
    """
    return next((listed for listed in routes if listed.answers(method, path)), None)


def _walk(routes: Iterable[Any], prefix: str, apps: tuple[Any, ...]) -> Iterator[Listed]:
    for route in routes:
        yield Listed(_row(route, prefix), route, prefix, apps)
        children = getattr(route, "routes", None)
        if isinstance(children, Iterable):
            inside = (*apps, getattr(route, "app", route))
            yield from _walk(children, prefix + _path(route), inside)


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


def place(row: Row) -> str:
    """File and line, shortened to where the reader looks: below here, or the library's name."""
    if row.file is None:
        return ""
    file, here = Path(row.file), Path.cwd()
    if "site-packages" in file.parts:
        file = Path(*file.parts[file.parts.index("site-packages") + 1 :])
    elif file.is_relative_to(here):
        file = file.relative_to(here)
    return f"{file}:{row.line}"
