"""The result of `pronghorn diff`: what was asked, what differs, what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pronghorn.cli.diff_compare import Comparison, Difference
from pronghorn.cli.diff_requests import Request

__all__ = ["NO_ROUTE", "LeftOut", "Report", "RouteReport", "group_requests"]

NO_ROUTE = "(no route)"
"""The label of all requests that the program does not have a route for."""


@dataclass(frozen=True)
class LeftOut:
    """Something that the comparison does not cover.

    Attributes:
        kind: What it is, in the singular: `operation`, `request`, `WebSocket route`.
        count: Their number.
        reason: The reason, as a sentence continues after "because".
        names: Method and path of each, if known.
        remedy: What to do to include them; empty if nothing helps.
    """

    kind: str
    count: int
    reason: str
    names: Sequence[str] = ()
    remedy: str = ""


@dataclass
class RouteReport:
    """The requests to one route, and their outcomes.

    Attributes:
        statuses: The number of FastAPI's answers by status; 0 if an exception left the app.
        differing: The requests whose answers differ, with the differences.
        meant: The number of answers by the reason of an intended difference.
        varies: Places that differ between two answers of FastAPI itself.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    differing: list[tuple[Request, list[Difference]]] = field(default_factory=list)
    meant: Counter[str] = field(default_factory=Counter)
    varies: set[str] = field(default_factory=set)

    @property
    def asked(self) -> int:
        """Return the number of requests."""
        return self.statuses.total()

    @property
    def successes(self) -> int:
        """Return the number of answers with a 2xx status."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)

    @property
    def is_only_errors(self) -> bool:
        """Return True if every answer was an error: 4xx, 5xx or an exception."""
        return all(status >= 400 or status == 0 for status in self.statuses)

    def add(self, request: Request, status: int, comparison: Comparison) -> None:
        """Add the outcome of one request; `status` is that of FastAPI's answer."""
        self.statuses[status] += 1
        self.meant.update(comparison.meant)
        self.varies |= comparison.varies
        if comparison.found:
            self.differing.append((request, comparison.found))


@dataclass
class Report:
    """The result of a whole comparison.

    Attributes:
        documents: Differences of the OpenAPI documents.
        routes: By method and path, or `NO_ROUTE`.
        left_out: What the comparison does not cover.
        failure: The reason why the program does not run on pronghorn; empty if it does.
    """

    documents: list[Difference] = field(default_factory=list)
    routes: dict[str, RouteReport] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    failure: str = ""

    @property
    def differs(self) -> bool:
        """Return True if anything differs unintentionally."""
        in_routes = any(route.differing for route in self.routes.values())
        return bool(self.documents or self.failure or in_routes)

    @property
    def asked(self) -> int:
        """Return the number of requests that both engines answered."""
        return sum(route.asked for route in self.routes.values())

    @property
    def successes(self) -> int:
        """Return the number of FastAPI's answers with a 2xx status."""
        return sum(route.successes for route in self.routes.values())

    @property
    def only_errors(self) -> list[str]:
        """Return the labels of the routes that answered nothing but errors."""
        return sorted(
            label
            for label, route in self.routes.items()
            if label != NO_ROUTE and route.is_only_errors
        )

    @property
    def meant(self) -> Mapping[str, Mapping[str, int]]:
        """Return the reasons of intended differences, each with its number of answers by route."""
        found: dict[str, dict[str, int]] = {}
        for label, route in sorted(self.routes.items()):
            for reason, count in route.meant.items():
                found.setdefault(reason, {})[label] = count
        return found

    @property
    def varies(self) -> Mapping[str, list[str]]:
        """Return the places that FastAPI itself answers differently each time, with the routes."""
        found: dict[str, list[str]] = {}
        for label, route in sorted(self.routes.items()):
            for place in sorted(route.varies):
                found.setdefault(place, []).append(label)
        return found


def group_requests(
    differing: Iterable[tuple[Request, list[Difference]]],
) -> Mapping[tuple[Difference, ...], list[Request]]:
    """Return the requests by their differences: those whose answers differ alike are together."""
    groups: dict[tuple[Difference, ...], list[Request]] = {}
    for request, found in differing:
        groups.setdefault(tuple(found), []).append(request)
    return groups
