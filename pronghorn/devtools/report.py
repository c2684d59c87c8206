"""Join the facts about an application: its routes, their explanations, the last requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from pronghorn.compile.explain import Explanation
from pronghorn.devtools.documentation import is_own, operation_address, tags_of
from pronghorn.devtools.explained import explain_route
from pronghorn.devtools.inventory import Listed, answering, list_routes
from pronghorn.devtools.recorder import Recorded, Recorder

__all__ = ["Explainer", "Report", "RouteReport", "Timing"]


@dataclass(frozen=True)
class Timing:
    """The durations of the recorded responses of a route, in milliseconds."""

    median: float
    slowest: float


@dataclass
class RouteReport:
    """One route.

    Attributes:
        listed: The route.
        number: 1; more for a route with the same path and method as an earlier one.
        explained: Its explanation; None for a route without a plan.
        trouble: The reason why explaining it failed; empty otherwise.
        requests: The recorded requests that it served, the newest first.
    """

    listed: Listed
    number: int
    explained: Explanation | None
    trouble: str = ""
    requests: list[Recorded] = field(default_factory=list)

    @property
    def is_own(self) -> bool:
        """Return True if the program declares the route."""
        return is_own(self.listed)

    @property
    def tags(self) -> list[str]:
        """Return the tags of the route."""
        return tags_of(self.listed)

    @property
    def documentation(self) -> str | None:
        """Return the path at which Swagger UI shows the route; None if it does not."""
        return operation_address(self.listed)

    @property
    def timing(self) -> Timing | None:
        """Return the durations of complete responses. WebSocket connections do not count."""
        took = [
            1000 * recorded.seconds
            for recorded in self.requests
            if recorded.seconds is not None and recorded.method != "WS"
        ]
        return Timing(median(took), max(took)) if took else None


class Explainer:
    """Explains routes, each once until it is planned again."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Explanation | None]] = {}

    def explain(self, listed: Listed) -> tuple[Explanation | None, str]:
        """Return the explanation of a route, and the reason if explaining it failed."""
        try:
            plan = getattr(listed.route, "plan", None)
            known = self._known.get(id(listed.route))
            if known is None or known[0] is not plan:
                label = f"{', '.join(listed.methods)} {listed.row.path}"
                known = plan, explain_route(listed, label)
                self._known[id(listed.route)] = known
        except Exception as error:  # noqa: BLE001 - one broken route must not hide the others
            return None, f"{type(error).__name__}: {error}"
        return known[1], ""


class Report:
    """The current state of everything.

    Args:
        app: The application that exposes its routes.
        recorder: The last requests and exceptions.
        explainer: Explains the routes.

    Attributes:
        routes: The routes in matching order.
        own: Those that the program declares.
        others: Those of the documentation, the framework and libraries.
        requests: The last requests, the newest first, with the routes that served them.
        tracebacks: The last exceptions, the newest first, with the routes that raised them.
        has_jobs: The program has jobs, whose page is beside this one.
    """

    has_jobs = False

    def __init__(self, app: Any, recorder: Recorder, explainer: Explainer) -> None:
        self.app = app
        self.routes = list(_reports(list_routes(app), explainer))
        self.own = [route for route in self.routes if route.is_own]
        self.others = [route for route in self.routes if not route.is_own]
        self._by_route: dict[int, list[RouteReport]] = {}
        for report in self.routes:
            self._by_route.setdefault(id(report.listed.route), []).append(report)
        self.requests = [(one, self._route_of(one)) for one in recorder]
        self.tracebacks = [(one, self._route_of(one.request)) for one in tuple(recorder.tracebacks)]
        for one, route in self.requests:
            if route is not None:
                route.requests.append(one)

    def find(self, method: str, path: str, number: int = 1) -> RouteReport | None:
        """Return a route by its declared path, else the one that serves a path.

        Args:
            method: One of its methods.
            path: The path, with or without its first slash.
            number: Selects one of several routes with the same path and method.
        """
        declared = [
            route
            for route in self.routes
            if method in route.listed.methods
            and route.listed.row.path.removeprefix("/") == path.removeprefix("/")
        ]
        if declared:
            return declared[number - 1] if 1 <= number <= len(declared) else None
        return self._answering(method, path)

    def _answering(self, method: str, path: str) -> RouteReport | None:
        found = answering((route.listed for route in self.routes), method, path)
        return next((route for route in self.routes if route.listed is found), None)

    def _route_of(self, recorded: Recorded) -> RouteReport | None:
        """Return the route that served a request: the recorded one, if it is listed.

        An application that is mounted twice has routes that are listed twice, and a middleware may
        have hidden the record: then the path decides.
        """
        same = self._by_route.get(id(recorded.route), [])
        if len(same) == 1:
            return same[0]
        return self._answering(recorded.method, recorded.path) or (same[0] if same else None)


def _reports(routes: list[Listed], explainer: Explainer) -> Iterator[RouteReport]:
    seen: Counter[tuple[str, str]] = Counter()
    for listed in routes:
        seen.update((method, listed.row.path) for method in listed.methods)
        explained, trouble = explainer.explain(listed)
        number = seen[listed.methods[0], listed.row.path]
        yield RouteReport(listed, number, explained, trouble)
