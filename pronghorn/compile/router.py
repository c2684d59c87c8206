"""Finding the route of a request: a dictionary for fixed paths, a tree of segments for others.

The rule is Starlette's: the first route in registration order that matches path and method wins;
a route that matches the path alone answers 405, unless a later one matches both. The tree only
narrows down who is asked; each candidate still decides by its own pattern, so a tree and a list
give the same answer (`tests/compile/test_router.py` compares them).
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
from pronghorn.core.path_patterns import PatternOf

#: Convertors whose values never contain a slash.
ONE_SEGMENT = (StringConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)
PathParams = dict[str, Any]
#: Names of path parameters, and which segment of the path each of them is.
Positions = tuple[tuple[str, int], ...]
#: In the scope: the mounts, hosts and other routes with routes inside that a request went through.
INSIDE = "pronghorn.inside"
#: The `matches` that go by the pattern: those of Starlette's routes, and of our route classes.
OWN_MATCHES: set[Any] = {original(Route, "matches"), original(WebSocketRoute, "matches")}


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
        #: The route counts its changes; an entry is valid for one count.
        self.revision: int = getattr(route, "revision", 0)
        #: Made by the compiler at the first request.
        self.handler: Any = None
        self.endpoint: Any = getattr(route, "endpoint", None)
        self.pattern: PatternOf | None = None
        self.methods: frozenset[str] | None = None
        self.convertors: dict[str, Convertor[Any]] = {}
        self.scope_type = ""
        # An attribute of the object hides the method, and has no `__func__`.
        if getattr(route.matches, "__func__", None) in OWN_MATCHES:
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
        """How well this route fits: for patterns with the path parameters, else a child scope."""
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
                    return Match.NONE, {}  # more digits than Python converts
                raise
        if self.methods is not None and scope["method"] not in self.methods:
            return Match.PARTIAL, params
        return Match.FULL, params

    def update_scope(self, scope: Scope, child: Scope | PathParams) -> Mapping[str, Any]:
        """Tell everybody downstream which route was found; return its path parameters."""
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
        #: Routes that may match anything from here on.
        self.rest: list[int] = []
        #: By method, who answers whatever path ends here; made when first asked for.
        self.plain: dict[str, tuple[Entry, Positions]] | None = None

    def child(self, segment: str) -> _Node:
        return self.children.setdefault(segment, _Node())

    def parameter(self) -> _Node:
        self.any_segment = self.any_segment or _Node()
        return self.any_segment


class RouteTable:
    """The routes of one router, ready to be searched.

    - `routes`: in registration order.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self._root = _Node()
        for index, entry in enumerate(entries):
            self._insert(index, entry)
        #: What stands before the only parameter, a last segment -> method -> entry and its name.
        self._tails: dict[str, dict[str, tuple[Entry, str]]] = {}
        #: path -> method -> entry and parameters, for paths without parameters.
        self.fixed: dict[str, dict[str, tuple[Entry, PathParams]]] = {}
        for entry in entries:
            path = searched_path(entry)
            if path is not None and entry.scope_type == "http" and "{" not in path:
                self._fix(path)

    def _insert(self, index: int, entry: Entry) -> None:
        node = self._root
        path = searched_path(entry)
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
        """Remember who answers a fixed path, as far as that is known without the request."""
        if path in self.fixed:
            return
        answers: dict[str, tuple[Entry, PathParams]] = {}
        for entry in self.candidates(path):
            if entry.pattern is None:
                break  # it decides by the whole scope: everybody after it must wait for it
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
        """Every route that could match a path, in registration order."""
        return map(self.entries.__getitem__, self._indexes_of(path))

    def is_beyond(self, path: str) -> bool:
        """Whether the way down ends before the path does, also for the path with another slash.

        False says nothing.
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
        """Walk down the tree; most paths have one way down and end at one list."""
        if path.endswith("\n"):  # The `$` of a pattern stands before a last line break, too.
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
        """The same along every way down."""
        found = [index for node in nodes for index in node.rest]
        for segment in segments:
            below = [(node.children.get(segment), node.any_segment) for node in nodes]
            nodes = [node for pair in below for node in pair if node is not None]
            found += [index for node in nodes for index in node.rest]
        return found + [index for node in nodes for index in node.ends]

    def quick(self, method: str, path: str) -> tuple[Entry, PathParams] | None:
        """The route of an HTTP request and its parameters, if the first one in question fits.

        None says nothing: `search` has to look.
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
                return None  # more than one way down
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
                return None  # a parameter has at least one character
        return entry, params

    def _plain(self, node: _Node) -> dict[str, tuple[Entry, Positions]]:
        """Who answers what ends at a node without asking a pattern: the tree has asked it."""
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
            self._remember_tail(str(searched_path(self.entries[node.ends[0]])), answers)
        return answers

    def _remember_tail(self, path: str, answers: dict[str, tuple[Entry, Positions]]) -> None:
        """Spare requests the tree where the last segment alone is a parameter.

        Only one way led down to these answers, so what stands before the last segment is enough to
        find them; `fixed` has what ends in a literal.
        """
        before, _, last = path.rpartition("/")
        if "{" in last and "{" not in before:
            self._tails[before] = {
                method: (entry, positions[0][0]) for method, (entry, positions) in answers.items()
            }

    def search(self, scope: Scope, path: str) -> tuple[Match, Entry | None, Scope]:
        """The route for a request: a full match, else the first partial one."""
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
    """Where in a path the parameters stand, if each is one whole segment and any text will do.

    None: only the pattern knows.
    """
    path = searched_path(entry)
    if entry.pattern is None or path is None:
        return None
    convertors = entry.route.param_convertors  # type: ignore[attr-defined]  # has a pattern
    positions: list[tuple[str, int]] = []
    for position, segment in enumerate(path.split("/")):
        if segment_kind(segment) == "literal":
            continue
        name = segment[1:-1]
        if type(convertors.get(name)) is not StringConvertor:
            return None  # also where a segment is more than its parameter
        positions.append((name, position))
    return tuple(positions)


def searched_path(entry: Entry) -> str | None:
    """The path under which a route stands in the tree; None: it must always be asked."""
    route = entry.route
    if entry.pattern is not None:
        return entry.pattern.path
    if type(route) is Mount:
        return f"{route.path}/{{path:path}}"
    return None


def segment_kind(segment: str) -> str:
    """ "literal", "parameter" (anything without a slash), or "rest" (may match more)."""
    if "{" not in segment:
        return "literal"
    _, _, convertors = compile_path(f"/{segment}")
    if all(isinstance(convertor, ONE_SEGMENT) for convertor in convertors.values()):
        return "parameter"
    return "rest"
