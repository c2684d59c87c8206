"""List the routes of an application with their paths and the location of their endpoints."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

__all__ = [
    "Listed",
    "Row",
    "answering",
    "inner_app",
    "list_routes",
    "place",
    "shorten",
    "shows_routes",
]

_DEPTH = 50
"""The depth of nested applications that is searched; anything deeper is treated as a cycle."""


@dataclass(frozen=True)
class Row:
    """The facts about a route that are shown.

    Attributes:
        kind: `"http"`, `"websocket"`, `"mount"` or `"host"`.
        methods: HTTP methods, sorted; empty for the other kinds and for routes that accept any.
        path: Full path, with the prefixes of mounts and the host name of a `host` route.
        name: Name for `url_path_for`.
        endpoint: Qualified name of the endpoint.
        file: Source file of the endpoint, if it is written in Python.
        line: First line of the endpoint in that file, decorators included.
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
    """One route, and its place in the application.

    Attributes:
        row: The facts that are shown.
        route: The route.
        prefix: The path prefix of the mounts around it.
        apps: The applications that contain it, the outermost first.
    """

    row: Row
    route: Any
    prefix: str
    apps: tuple[Any, ...]

    @property
    def labels(self) -> list[str]:
        """Return the names of the route: `GET /items`, once for each method; `WS` for no method."""
        return [f"{method} {self.row.path}" for method in self.methods]

    @property
    def methods(self) -> list[str]:
        """Return its methods; `WS` for a WebSocket route, `ANY` if it accepts any method."""
        return self.row.methods or (["WS"] if self.row.kind == "websocket" else ["ANY"])

    def answers(self, method: str, path: str) -> bool:
        """Return True if it serves this path, as declared or as a client requests it."""
        if method not in self.methods and "ANY" not in self.methods:
            return False
        pattern = getattr(self.route, "path_regex", None)
        if pattern is None or self.row.kind in {"mount", "host"}:
            return False
        inside = path.removeprefix(self.prefix)
        return self.row.path == path or bool(path.startswith(self.prefix) and pattern.match(inside))


def shows_routes(app: Any) -> bool:
    """Return True if an application has a list of routes."""
    return isinstance(getattr(app, "routes", None), Iterable)


def inner_app(app: Any) -> Any:
    """Return the application that exposes its routes: this one, or the one in its middleware."""
    inside = app
    for _ in range(_DEPTH):
        if shows_routes(inside):
            return inside
        inside = getattr(inside, "app", None)
    return app


def list_routes(app: Any) -> list[Listed]:
    """Return the routes of an application in matching order; a mount before its own routes.

    Args:
        app: The application; the result is empty if it does not expose its routes.
    """
    return list(_walk(app.routes, "", (app,))) if shows_routes(app) else []


def answering(routes: Iterable[Listed], method: str, path: str) -> Listed | None:
    """Return the first route that serves this path, or None.

    Args:
        routes: The result of `list_routes`.
        method: An HTTP method, or `WS`.
        path: The declared path, or a path that a client would request.
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
    """Return what the route adds to the address: a path, or a host name."""
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
    """Return name, file and line of the endpoint: a function, or the class of anything else."""
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
    """Return file and line of the endpoint, as `shorten` writes the file; empty if unknown."""
    return "" if row.file is None else f"{shorten(row.file)}:{row.line}"


def shorten(name: str) -> str:
    """Return the name of a file relative to this folder, or below `site-packages`."""
    file, here = Path(name), Path.cwd()
    if "site-packages" in file.parts:
        file = Path(*file.parts[file.parts.index("site-packages") + 1 :])
    elif file.is_relative_to(here):
        file = file.relative_to(here)
    return str(file)
