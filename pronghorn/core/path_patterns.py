"""Path regexes of routes, compiled lazily.

Compiling them takes a large part of the time of declaring a program, and a short-lived process
serves only a few of its paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from re import Match, Pattern
from typing import Any

from starlette.convertors import (
    CONVERTOR_TYPES,
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    StringConvertor,
    UUIDConvertor,
)
from starlette.routing import PARAM_REGEX, compile_path

from pronghorn.core.setup_errors import (
    SetupTypeError,
    describe_value,
    user_error,
)

#: The key in the scope of the mounts, hosts and other nested routers that a request has passed.
INSIDE = "pronghorn.inside"
KNOWN = (StringConvertor, PathConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)


def check_path(path: Any, owner: Any, method: str) -> None:
    """Refuse a path that is not a string.

    Args:
        path: The path of a declaration, as the program wrote it.
        owner: The application, the router or the route whose method was called.
        method: The name of that method, such as `get`, `websocket` or `__init__`.

    Raises:
        SetupTypeError: The path is another object, such as the function below a bare `@app.get`.
    """
    if isinstance(path, str):
        return
    bare = callable(path) and not method.startswith(("add_", "__"))
    raise user_error(
        f"A path must be a string, not {describe_value(path)}",
        "the decorator was written without its path" if bare else None,
        _call_with_path(owner, method),
        kind=SetupTypeError,
    )


def _call_with_path(owner: Any, method: str) -> str:
    """Return the call that a program probably means, with a path."""
    path = '"/chat"' if "websocket" in f"{method} {type(owner).__name__}".lower() else '"/items"'
    if method == "__init__":
        return f"{type(owner).__name__}({path}, endpoint)"
    name = f"{'router' if hasattr(owner, 'prefix') else 'app'}.{method}"
    return f"{name}({path}, endpoint)" if method.startswith("add_") else f"@{name}({path})"


def path_format_of(path: str) -> tuple[str, dict[str, Convertor[Any]]] | None:
    """Split a path into its format and its convertors without compiling a regex.

    Returns:
        The path without convertors, and the convertors by name; None if compiling could fail or
        could give another result, so the caller must compile the path.
    """
    if not path.startswith("/"):
        return None
    convertors: dict[str, Convertor[Any]] = {}
    pieces: list[str] = []
    end = 0
    for found in PARAM_REGEX.finditer(path):
        name, kind = found.groups("str")
        convertor = CONVERTOR_TYPES.get(kind.lstrip(":"))
        if type(convertor) not in KNOWN or name in convertors or convertor is None:
            return None
        convertors[name] = convertor
        pieces += (path[end : found.start()], "{", name, "}")
        end = found.end()
    return "".join((*pieces, path[end:])), convertors


class PathRegex:
    """The attribute `path_regex` of a route: compiled at first use, and kept with the route."""

    def __get__(self, route: Any, owner: type[Any]) -> Any:
        if route is None:
            return self
        # Not from `path`: assigning that attribute does not change what a route matches.
        pattern: Pattern[str] = compile_path(route.__dict__["_matched_path"])[0]
        route.__dict__["path_regex"] = route.__dict__["_own_regex"] = pattern
        return pattern


class PatternOf:
    """A lazy pattern for a table of routes; the first match compiles it.

    Attributes:
        match: `Pattern.match` of the route's `path_regex`.
        regex: The pattern, or None if it is not compiled yet. If the route has another one, the
            route has changed.
        path: The path from which the pattern is compiled; None if the program assigned a pattern.
        only: The only path that matches; None if there are several, or if it is unknown.
    """

    __slots__ = ("_route", "match", "only", "path", "regex")

    def __init__(self, route: Any) -> None:
        self._route = route
        self.regex: Pattern[str] | None = route.__dict__.get("path_regex")
        self.path = _path_of(route, self.regex)
        self.only = self.path if self.regex is None and "{" not in (self.path or "{") else None
        self.match: Any = self._compile if self.regex is None else self.regex.match

    def is_current(self) -> bool:
        """Return whether the route still has this pattern."""
        return self._route.__dict__.get("path_regex") is self.regex

    def _compile(self, path: str) -> Match[str] | None:
        self.regex = self._route.path_regex
        self.match = self.regex.match
        found: Match[str] | None = self.match(path)
        return found


def _path_of(route: Any, regex: Pattern[str] | None) -> str | None:
    """Return the path from which a route's pattern was compiled; None if it has another pattern."""
    declared = route.__dict__
    if "_matched_path" in declared:
        is_own = regex is None or regex is declared.get("_own_regex")
        path: str = declared["_matched_path"]
    else:  # a plain route of Starlette's
        path = route.path
        is_own = compile_path(path)[0] == regex
    return path if is_own else None


def path_below_root(scope: Mapping[str, Any]) -> str:
    """Return the path of an ASGI scope without its `root_path`.

    Mounts and proxies put the prefix that they serve into `root_path`. A path that is not below it
    is returned unchanged.
    """
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "")
    rest = path.removeprefix(prefix) if prefix else path
    return rest if not rest or rest.startswith("/") else path
