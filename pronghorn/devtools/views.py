"""The views of the page as HTML, and their data for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pronghorn.devtools.explained import middleware_around
from pronghorn.devtools.inventory import place
from pronghorn.devtools.markup import Markup, tag
from pronghorn.devtools.recorder import KEPT, Recorded
from pronghorn.devtools.report import Report, RouteReport
from pronghorn.devtools.style import STYLE

__all__ = ["absent_page", "overview_page", "requests_data", "route_page", "routes_data"]

_ROUTES = ("Methods", "Path", "Endpoint", "Thread hops", "Short way")
_TIMES = ("Requests", "Median ms", "Slowest ms")
_REQUESTS = ("Time", "Method", "Path", "Route", "Status")
_DASH = "\N{EN DASH}"

Answered = Iterable[tuple[Recorded, RouteReport | None]]


def overview_page(report: Report, base: str, refresh: int | None) -> Markup:
    """Return the page with all routes and the last requests.

    Args:
        report: The data to show.
        base: Relative address of this page, for links.
        refresh: Seconds after which the browser reloads it; None for never.
    """
    title = f"{getattr(report.app, 'title', type(report.app).__name__)} {_DASH} pronghorn dev"
    again = (
        tag("a", "stop refreshing", href=base)
        if refresh
        else tag("a", "refresh every 2 seconds", href=f"{base}?refresh=2")
    )
    data = (
        tag("a", "routes.json", href=f"{base}/routes.json"),
        tag("a", "requests.json", href=f"{base}/requests.json"),
    )
    header = tag("header", tag("h1", title), tag("p", again, " · ", data[0], " · ", data[1]))
    middleware = ", ".join(middleware_around((report.app,)))
    around = [tag("p", f"ASGI middleware around all: {middleware}")] if middleware else []
    return _document(
        title,
        header,
        tag("h2", f"Routes ({len(report.routes)})"),
        *around,
        _routes_table(report.routes, base),
        tag("h2", f"Last requests ({len(report.requests)} of at most {KEPT})"),
        _requests_table(report.requests, base),
        refresh=refresh,
    )


def route_page(route: RouteReport, base: str) -> Markup:
    """Return the page of one route: its plan, its handler, its hops, its ways, its requests."""
    row = route.listed.row
    title = f"{', '.join(route.listed.methods)} {row.path}"
    where = [tag("code", row.endpoint), " ", place(row)]
    header = tag("header", tag("h1", title), tag("p", tag("a", "All routes", href=base)))
    return _document(
        title,
        header,
        tag("p", *where),
        *_explanation(route),
        tag("h2", "Last requests"),
        _timing_line(route),
        _requests_table([(recorded, route) for recorded in route.requests], base),
    )


def absent_page(base: str) -> Markup:
    """Return the page for a view that does not exist."""
    return _document(
        "No such page",
        tag("h1", "No such page"),
        tag("p", "The program may have changed. ", tag("a", "All routes", href=base)),
    )


def routes_data(report: Report) -> dict[str, Any]:
    """Return all routes, for tools."""
    return {"routes": [_route_data(route) for route in report.routes]}


def requests_data(report: Report) -> dict[str, Any]:
    """Return the last requests, the newest first, for tools."""
    return {
        "kept": KEPT,
        "requests": [_request_data(recorded, route) for recorded, route in report.requests],
    }


def _route_data(route: RouteReport) -> dict[str, Any]:
    explained, timing = route.explained, route.timing
    return {
        **asdict(route.listed.row),
        "hops": explained and explained.hops,
        "detours": explained and explained.detours,
        "requests": len(route.requests),
        "median_ms": timing and round(timing.median, 3),
        "slowest_ms": timing and round(timing.slowest, 3),
    }


def _request_data(recorded: Recorded, route: RouteReport | None) -> dict[str, Any]:
    took = recorded.seconds
    return {
        "method": recorded.method,
        "path": recorded.path,
        "route": route and route.listed.row.path,
        "endpoint": route and route.listed.row.endpoint,
        "status": recorded.status,
        "duration_ms": None if took is None else round(1000 * took, 3),
        "started": datetime.fromtimestamp(recorded.started, UTC).isoformat(),
    }


def _document(title: str, *body: Markup, refresh: int | None = None) -> Markup:
    again = (tag("meta", http_equiv="refresh", content=str(refresh)),) if refresh else ()
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        *again,
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    return Markup("<!doctype html>\n" + tag("html", head, tag("body", *body), lang="en"))


def _table(name: str, columns: Iterable[Markup], rows: Iterable[Markup]) -> Markup:
    head = tag("thead", tag("tr", *columns))
    return tag("div", tag("table", head, tag("tbody", *rows), id=name), class_="scroll")


def _routes_table(routes: Iterable[RouteReport], base: str) -> Markup:
    columns = [tag("th", name) for name in _ROUTES]
    columns += [tag("th", name, class_="number") for name in _TIMES]
    return _table("routes", columns, [_route_line(route, base) for route in routes])


def _route_line(route: RouteReport, base: str) -> Markup:
    row, timing = route.listed.row, route.timing
    return tag(
        "tr",
        tag("td", ", ".join(row.methods) or row.kind),
        tag("td", _link(route, base), class_="path"),
        tag("td", tag("code", row.endpoint), tag("div", place(row), class_="quiet")),
        tag("td", _hops_cell(route)),
        tag("td", _way_cell(route), class_="note"),
        tag("td", str(len(route.requests)), class_="number"),
        tag("td", f"{timing.median:.2f}" if timing else _DASH, class_="number"),
        tag("td", f"{timing.slowest:.2f}" if timing else _DASH, class_="number"),
    )


def _link(route: RouteReport, base: str) -> Markup:
    """Return the path of a route as a link to its page; without a link for a mount."""
    listed = route.listed
    if listed.row.kind in {"mount", "host"}:
        return tag("span", listed.row.path)
    address = f"{base}/routes/{listed.methods[0]}/{quote(listed.row.path.removeprefix('/'))}"
    if route.number > 1:
        address += f"?number={route.number}"
    return tag("a", listed.row.path or "/", href=address)


def _hops_cell(route: RouteReport) -> str:
    if route.explained is None:
        return _DASH
    names = "; ".join(", ".join(hop) for hop in route.explained.hops)
    return f"{len(route.explained.hops)}: {names}" if names else "0"


def _way_cell(route: RouteReport) -> Markup:
    if route.trouble:
        return tag("span", route.trouble, class_="bad")
    if route.explained is None:
        return tag("span", f"{_DASH} ({_plain(route)})", class_="quiet")
    if not route.explained.detours:
        return tag("span", "yes", class_="good")
    reasons = [tag("li", detour) for detour in route.explained.detours]
    return tag("div", tag("span", "no", class_="warn"), tag("ul", *reasons))


def _plain(route: RouteReport) -> str:
    return f"a plain {type(route.listed.route).__name__}, which has no plan"


def _explanation(route: RouteReport) -> list[Markup]:
    explained = route.explained
    if explained is None:
        return [tag("p", route.trouble or f"This is {_plain(route)}.", class_="warn")]
    hops = [tag("li", ", ".join(hop)) for hop in explained.hops]
    ways = [
        tag("li", note, class_="warn" if note in explained.detours else None)
        for note in explained.notes
    ]
    return [
        tag("h2", "Plan"),
        tag("pre", "\n".join(explained.plan)),
        tag("h2", "Handler"),
        tag("pre", explained.source),
        tag("h2", f"Thread hops: {len(hops)}"),
        tag("ul", *hops),
        tag("h2", "Ways"),
        tag("ul", *ways),
    ]


def _timing_line(route: RouteReport) -> Markup:
    timing = route.timing
    if timing is None:
        return tag("p", "None of the recorded ones is complete.", class_="quiet")
    text = f"{len(route.requests)}: median {timing.median:.2f} ms, slowest {timing.slowest:.2f} ms"
    return tag("p", text)


def _requests_table(requests: Answered, base: str) -> Markup:
    columns = [tag("th", name) for name in _REQUESTS] + [tag("th", "ms", class_="number")]
    lines = [_request_line(recorded, route, base) for recorded, route in requests]
    return _table("requests", columns, lines)


def _request_line(recorded: Recorded, route: RouteReport | None, base: str) -> Markup:
    started = datetime.fromtimestamp(recorded.started, UTC).astimezone()
    took = "open" if recorded.seconds is None else f"{1000 * recorded.seconds:.2f}"
    status = recorded.status
    kind = "bad" if (status or 0) >= 500 else "warn" if (status or 0) >= 400 else None
    return tag(
        "tr",
        tag("td", f"{started:%H:%M:%S}.{started.microsecond // 1000:03}"),
        tag("td", recorded.method),
        tag("td", recorded.path, class_="path"),
        tag("td", _DASH if route is None else _link(route, base), class_="path"),
        tag("td", _DASH if status is None else str(status), class_=kind),
        tag("td", took, class_="number"),
    )
