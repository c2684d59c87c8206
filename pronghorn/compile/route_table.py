"""Find the route of a request: in a dictionary for fixed paths, in a tree of segments for others.

The rule is Starlette's: the first route in registration order that matches path and method wins;
a route that matches only the path answers 405, unless a later one matches both. The tree only
narrows down the candidates; each of them still decides by its own pattern, so a tree and a list
find the same route (`tests/compile/test_route_table.py` compares them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.convertors import (
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    StringConvertor,
    UUIDConvertor,
)
from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute, compile_path
from starlette.types import Scope

from pronghorn.core.monkeypatches import original
from pronghorn.core.path_patterns import INSIDE, PatternOf

#: Convertors whose values never contain a slash.
ONE_SEGMENT = (StringConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)
PathParams = dict[str, Any]
#: The names of path parameters, each with the index of its segment.
Positions = tuple[tuple[str, int], ...]
#: The `matches` methods that only use the pattern: those of Starlette's and our route classes.
OWN_MATCHES: set[Any] = {original(Route, "matches"), original(WebSocketRoute, "matches")}


def matches_by_path(route: BaseRoute) -> bool:
    """Return whether a route only uses its pattern to find out whether a request is its own."""
    return getattr(route.matches, "__func__", None) in OWN_MATCHES


class Entry:
    """One route in the table."""

    __slots__ = (
        "convertors",
        "endpoint",
        "handler",
        "methods",
        "pattern",
        "revision",
        "route",
        "scope_type",
    )

    def __init__(self, route: BaseRoute) -> None:
        self.route = route
        #: The number of changes of the route for which this entry is valid.
        self.revision: int = getattr(route, "_revision", 0)
        #: Made by the compiler at the first request.
        self.handler: Any = None
        self.endpoint: Any = getattr(route, "endpoint", None)
        self.pattern: PatternOf | None = None
        self.methods: frozenset[str] | None = None
        self.convertors: dict[str, Convertor[Any]] = {}
        self.scope_type = ""
        # If a program sets `matches` on the object, it hides the method and has no `__func__`.
        if matches_by_path(route):
            self._read_pattern(route)

    def _read_pattern(self, route: Any) -> None:
        self.pattern = PatternOf(route)
        self.scope_type = "websocket" if isinstance(route, WebSocketRoute) else "http"
        if self.scope_type == "http" and route.methods:
            self.methods = frozenset(route.methods)
        self.convertors = {
            name: convertor
            for name, convertor in route.param_convertors.items()
            if not isinstance(convertor, StringConvertor)
        }

    def match(self, scope: Scope, path: str) -> tuple[Match, Scope | PathParams]:
        """Return how well this route matches, with its path parameters.

        A route without a pattern of ours returns a child scope in place of the parameters.
        """
        if self.pattern is None:
            return self.route.matches(scope)
        if scope["type"] != self.scope_type:
            return Match.NONE, {}
        found = self.pattern.match(path)
        if found is None:
            return Match.NONE, {}
        params: PathParams = found.groupdict()
        for name, convertor in self.convertors.items():
            try:
                params[name] = convertor.convert(params[name])
            except ValueError:
                if type(convertor) is IntegerConvertor:
                    return Match.NONE, {}  # More digits than Python converts.
                raise
        if self.methods is not None and scope["method"] not in self.methods:
            return Match.PARTIAL, params
        return Match.FULL, params

    def update_scope(self, scope: Scope, child: Scope | PathParams) -> Mapping[str, Any]:
        """Put the route that was found into the scope; return its path parameters."""
        scope["route"] = self.route
        if self.pattern is None:
            scope.update(child)
            scope[INSIDE] = (*scope.get(INSIDE, ()), self.route)
            found: Mapping[str, Any] = scope.get("path_params", {})
            return found
        scope["endpoint"] = self.endpoint
        outer = scope.get("path_params")
        params = {**outer, **child} if outer else child
        scope["path_params"] = params
        return params


class _Node:
    """One segment of the tree."""

    __slots__ = ("any_segment", "children", "ends", "plain", "rest")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.any_segment: _Node | None = None
        #: Routes whose path ends here.
        self.ends: list[int] = []
        #: Routes that may match any path below this node.
        self.rest: list[int] = []
        #: Method -> the route for paths that end here; made on first use.
        self.plain: dict[str, tuple[Entry, Positions]] | None = None

    def child(self, segment: str) -> _Node:
        return self.children.setdefault(segment, _Node())

    def parameter(self) -> _Node:
        self.any_segment = self.any_segment or _Node()
        return self.any_segment


class RouteTable:
    """The routes of one router, ready for a search.

    Args:
        entries: The routes, in registration order.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self._root = _Node()
        for index, entry in enumerate(entries):
            self._insert(index, entry)
        #: For paths whose only parameter is the last segment: the path before that segment ->
        #: method -> entry and name of the parameter.
        self._tails: dict[str, dict[str, tuple[Entry, str]]] = {}
        #: For paths without parameters: path -> method -> entry and parameters.
        self.fixed: dict[str, dict[str, tuple[Entry, PathParams]]] = {}
        for entry in entries:
            path = find_tree_path(entry)
            if path is not None and entry.scope_type == "http" and "{" not in path:
                self._fix(path)

    def _insert(self, index: int, entry: Entry) -> None:
        node = self._root
        path = find_tree_path(entry)
        if path is None:
            node.rest.append(index)
            return
        for segment in path.split("/"):
            kind = segment_kind(segment)
            if kind == "rest":
                node.rest.append(index)
                return
            node = node.parameter() if kind == "parameter" else node.child(segment)
        node.ends.append(index)

    def _fix(self, path: str) -> None:
        """Cache the routes of a fixed path, as far as they are known without the request."""
        if path in self.fixed:
            return
        answers: dict[str, tuple[Entry, PathParams]] = {}
        for entry in self.candidates(path):
            if entry.pattern is None:
                break  # It decides by the whole scope, so later routes are not known in advance.
            if entry.scope_type != "http":
                continue
            found: PathParams | None = {}
            if entry.pattern.only != path:
                matched = entry.pattern.match(path)
                found = None if matched is None else matched.groupdict()
            if found is None:
                continue
            if entry.methods is None or entry.convertors:
                break
            for method in entry.methods:
                answers.setdefault(method, (entry, found))
        self.fixed[path] = answers

    def candidates(self, path: str) -> Iterator[Entry]:
        """Return every route that could match a path, in registration order."""
        return map(self.entries.__getitem__, self._indexes_of(path))

    def is_beyond(self, path: str) -> bool:
        """Return True if no route can match a path, with or without a trailing slash.

        If the result is False, a route may match or not.
        """
        if not self.entries:
            return True
        node = self._root
        for segment in path.rstrip("/").split("/"):
            below = node.children.get(segment)
            if node.rest or (below is not None and node.any_segment is not None):
                return False
            below = below or node.any_segment
            if below is None:
                return "\n" not in path
            node = below
        return False

    def _indexes_of(self, path: str) -> list[int]:
        """Return the indexes of the routes that could match a path, in order.

        Most paths have one way down the tree and end at one list.
        """
        if path.endswith("\n"):  # The `$` of a pattern also matches before a last line break.
            both = (path, path[:-1])
            ways = [self._all_indexes([self._root], one.split("/")) for one in both]
            return sorted({*ways[0], *ways[1]})
        segments = path.split("/")
        node = self._root
        found = node.rest
        for depth, segment in enumerate(segments):
            child, other = node.children.get(segment), node.any_segment
            if child is not None and other is not None:
                rest = self._all_indexes([child, other], segments[depth + 1 :])
                return sorted(found + rest)
            below = child or other
            if below is None:
                return found
            node = below
            if node.rest:
                found = sorted(found + node.rest)
        return sorted(found + node.ends) if found else node.ends

    def _all_indexes(self, nodes: list[_Node], segments: Sequence[str]) -> list[int]:
        """Return the indexes along every way down from the nodes, unsorted."""
        found = [index for node in nodes for index in node.rest]
        for segment in segments:
            below = [(node.children.get(segment), node.any_segment) for node in nodes]
            nodes = [node for pair in below for node in pair if node is not None]
            found += [index for node in nodes for index in node.rest]
        return found + [index for node in nodes for index in node.ends]

    def quick(self, method: str, path: str) -> tuple[Entry, PathParams] | None:
        """Return the route of an HTTP request and its parameters, if one lookup finds it.

        After None, `search` must decide.
        """
        fixed = self.fixed.get(path)
        if fixed is not None:
            hit = fixed.get(method)
            return None if hit is None else (hit[0], hit[1].copy())
        before, _, last = path.rpartition("/")
        tail = self._tails.get(before)
        if tail is not None:
            named = tail.get(method)
            if named is None or not last or "\n" in last:
                return None
            return named[0], {named[1]: last}
        return self._quick_in_tree(method, path)

    def _quick_in_tree(self, method: str, path: str) -> tuple[Entry, PathParams] | None:
        segments = path.split("/")
        node = self._root
        for segment in segments:
            below = node.children.get(segment)
            if below is None:
                below = node.any_segment
                if below is None:
                    return None
            elif node.any_segment is not None:
                return None
            if node.rest:
                return None  # There is more than one way down.
            node = below
        if node.rest or "\n" in path:
            return None
        plain = self._plain(node) if node.plain is None else node.plain
        answer = plain.get(method)
        if answer is None:
            return None
        entry, positions = answer
        params: PathParams = {}
        for name, position in positions:
            value = params[name] = segments[position]
            if not value:
                return None  # A parameter has at least one character.
        return entry, params

    def _plain(self, node: _Node) -> dict[str, tuple[Entry, Positions]]:
        """Return the routes of a node, by method, whose match needs no regex."""
        answers: dict[str, tuple[Entry, Positions]] = {}
        for index in node.ends:
            entry = self.entries[index]
            if entry.scope_type == "websocket":
                continue
            positions = plain_positions(entry)
            if positions is None or entry.methods is None:
                break
            for method in entry.methods:
                answers.setdefault(method, (entry, positions))
        node.plain = answers
        if answers:
            self._remember_tail(str(find_tree_path(self.entries[node.ends[0]])), answers)
        return answers

    def _remember_tail(self, path: str, answers: dict[str, tuple[Entry, Positions]]) -> None:
        """Cache routes whose only parameter is the last segment.

        Only one way leads down to them, so the path before the last segment identifies them.
        Paths that end in a literal are in `fixed`.
        """
        before, _, last = path.rpartition("/")
        if "{" in last and "{" not in before:
            self._tails[before] = {
                method: (entry, positions[0][0]) for method, (entry, positions) in answers.items()
            }

    def search(self, scope: Scope, path: str) -> tuple[Match, Entry | None, Scope]:
        """Return the first full match for a request, else the first partial one."""
        partial: Entry | None = None
        partial_scope: Scope = {}
        entries = self.entries
        if not entries:
            return Match.NONE, None, {}
        for index in self._indexes_of(path):
            entry = entries[index]
            match, child = entry.match(scope, path)
            if match is Match.FULL:
                return match, entry, child
            if match is Match.PARTIAL and partial is None:
                partial, partial_scope = entry, child
        if partial is not None:
            return Match.PARTIAL, partial, partial_scope
        return Match.NONE, None, {}


def plain_positions(entry: Entry) -> Positions | None:
    """Return the positions of the path parameters, if each is a whole segment of any text.

    If the result is None, only the pattern can find the parameters.
    """
    path = find_tree_path(entry)
    if entry.pattern is None or path is None:
        return None
    convertors = entry.route.param_convertors  # type: ignore[attr-defined]  # has a pattern
    positions: list[tuple[str, int]] = []
    for position, segment in enumerate(path.split("/")):
        if segment_kind(segment) == "literal":
            continue
        name = segment[1:-1]
        if type(convertors.get(name)) is not StringConvertor:
            return None  # This includes segments with more text than their parameter.
        positions.append((name, position))
    return tuple(positions)


def find_tree_path(entry: Entry) -> str | None:
    """Return the path of a route in the tree; None if the route must be tried for every path."""
    route = entry.route
    if entry.pattern is not None:
        return entry.pattern.path
    if type(route) is Mount:
        return f"{route.path}/{{path:path}}"
    return None


def segment_kind(segment: str) -> str:
    """Return "literal", "parameter" (any text without a slash), or "rest" (may match more)."""
    if "{" not in segment:
        return "literal"
    _, _, convertors = compile_path(f"/{segment}")
    if all(isinstance(convertor, ONE_SEGMENT) for convertor in convertors.values()):
        return "parameter"
    return "rest"
