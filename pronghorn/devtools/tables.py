"""The tables of routes and of requests, as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from pronghorn.devtools.inventory import place
from pronghorn.devtools.markup import Markup, tag
from pronghorn.devtools.recorder import Recorded
from pronghorn.devtools.report import RouteReport

__all__ = [
    "DASH",
    "beside",
    "clock",
    "describe_plain",
    "link_to_route",
    "requests_table",
    "routes_table",
]

DASH = "\N{EN DASH}"

_ROUTES = ("Methods", "Path", "Endpoint", "Thread hops", "Short way")
_TIMES = ("Requests", "Median ms", "Slowest ms")
_REQUESTS = ("Time", "Method", "Path", "Route", "Status")


def routes_table(name: str, routes: Iterable[RouteReport], base: str) -> Markup:
    """Return a table of routes.

    Args:
        name: Its id.
        routes: The routes, a row for each.
        base: Relative address of the overview, for links.
    """
    columns = [tag("th", title) for title in _ROUTES]
    columns += [tag("th", title, class_="number") for title in _TIMES]
    return _table(name, columns, [_route_line(route, base) for route in routes])


def requests_table(requests: Iterable[tuple[Recorded, RouteReport | None]], base: str) -> Markup:
    """Return a table of requests, each with the route that served it."""
    columns = [tag("th", name) for name in _REQUESTS] + [tag("th", "ms", class_="number")]
    lines = [_request_line(recorded, route, base) for recorded, route in requests]
    return _table("requests", columns, lines)


def link_to_route(route: RouteReport, base: str) -> Markup:
    """Return the path of a route as a link to its page; without a link for a mount."""
    listed = route.listed
    if listed.row.kind in {"mount", "host"}:
        return tag("span", listed.row.path)
    address = f"{base}/routes/{listed.methods[0]}/{quote(listed.row.path.removeprefix('/'))}"
    if route.number > 1:
        address += f"?number={route.number}"
    return tag("a", listed.row.path or "/", href=address)


def describe_plain(route: RouteReport) -> str:
    """Return the description of a route without a plan."""
    return f"a plain {type(route.listed.route).__name__}, which has no plan"


def clock(seconds: float) -> str:
    """Return the local time of a moment, in milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC).astimezone()
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"


def _table(name: str, columns: Iterable[Markup], rows: Iterable[Markup]) -> Markup:
    head = tag("thead", tag("tr", *columns))
    return tag("div", tag("table", head, tag("tbody", *rows), id=name), class_="scroll")


def _route_line(route: RouteReport, base: str) -> Markup:
    row, timing = route.listed.row, route.timing
    methods = ", ".join(row.methods) or row.kind
    words = (methods, row.path, row.name, row.endpoint, *route.tags)
    tags = [tag("span", name, class_="tag") for name in route.tags]
    return tag(
        "tr",
        tag("td", methods),
        tag("td", link_to_route(route, base), class_="path"),
        tag(
            "td",
            tag("code", row.endpoint),
            *tags,
            _documentation(route, base),
            tag("div", place(row), class_="quiet"),
        ),
        tag("td", _hops_cell(route)),
        tag("td", _way_cell(route), class_="note"),
        tag("td", str(len(route.requests)), class_="number"),
        tag("td", f"{timing.median:.2f}" if timing else DASH, class_="number"),
        tag("td", f"{timing.slowest:.2f}" if timing else DASH, class_="number"),
        data_find=" ".join(words).lower(),
    )


def _documentation(route: RouteReport, base: str) -> Markup:
    if route.documentation is None:
        return Markup("")
    link = tag("a", "docs", href=beside(base, route.documentation))
    return tag("span", " ", link)


def beside(base: str, path: str) -> str:
    """Return the relative address of a path of the program.

    Args:
        base: Relative address of the overview.
        path: The path, with its first slash.
    """
    return (base.rpartition("/")[0] or ".") + path


def _hops_cell(route: RouteReport) -> str:
    if route.explained is None:
        return DASH
    names = "; ".join(", ".join(hop) for hop in route.explained.hops)
    return f"{len(route.explained.hops)}: {names}" if names else "0"


def _way_cell(route: RouteReport) -> Markup:
    if route.trouble:
        return tag("span", route.trouble, class_="bad")
    if route.explained is None:
        return tag("span", f"{DASH} ({describe_plain(route)})", class_="quiet")
    if not route.explained.detours:
        return tag("span", "yes", class_="good")
    reasons = [tag("li", detour) for detour in route.explained.detours]
    return tag("div", tag("span", "no", class_="warn"), tag("ul", *reasons))


def _request_line(recorded: Recorded, route: RouteReport | None, base: str) -> Markup:
    took = "open" if recorded.seconds is None else f"{1000 * recorded.seconds:.2f}"
    status = recorded.status
    kind = "bad" if (status or 0) >= 500 else "warn" if (status or 0) >= 400 else None
    return tag(
        "tr",
        tag("td", clock(recorded.started)),
        tag("td", recorded.method),
        tag("td", recorded.path, class_="path"),
        tag("td", DASH if route is None else link_to_route(route, base), class_="path"),
        tag("td", DASH if status is None else str(status), class_=kind),
        tag("td", took, class_="number"),
    )
