"""The views of the page, as HTML."""

from __future__ import annotations

from collections.abc import Iterable

from pronghorn.devtools.answers import write_document
from pronghorn.devtools.documentation import documentation_of, project_documentation
from pronghorn.devtools.explained import middleware_around
from pronghorn.devtools.failure_views import show_failure
from pronghorn.devtools.inventory import place
from pronghorn.devtools.markup import Markup, tag
from pronghorn.devtools.recorder import KEPT, KEPT_FAILURES, Traceback
from pronghorn.devtools.report import Report, RouteReport
from pronghorn.devtools.scripts import FILTER_SCRIPT
from pronghorn.devtools.tables import (
    DASH,
    beside,
    clock,
    describe_plain,
    link_to_route,
    requests_table,
    routes_table,
)

__all__ = ["absent_page", "overview_page", "route_page"]

_LONGEST_SUMMARY = 200

Raised = Iterable[tuple[Traceback, RouteReport | None]]


def overview_page(report: Report, base: str, refresh: int | None) -> Markup:
    """Return the page with all routes, the last exceptions and the last requests.

    Args:
        report: The data to show.
        base: Relative address of this page, for links.
        refresh: Seconds after which the browser reloads it; None for never.
    """
    title = f"{getattr(report.app, 'title', type(report.app).__name__)} {DASH} pronghorn dev"
    middleware = ", ".join(middleware_around((report.app,)))
    around = [tag("p", f"ASGI middleware around all: {middleware}")] if middleware else []
    return _document(
        title,
        _header(title, report, base, refresh),
        tag("h2", "Routes of the program (", _counter("routes", len(report.own)), ")", id="own"),
        *around,
        _filter_field(),
        routes_table("routes", report.own, base),
        *_other_routes(report.others, base),
        tag("p", "No route has these words.", id="absent", hidden=""),
        tag(
            "h2",
            f"Last tracebacks ({len(report.tracebacks)} of at most {KEPT_FAILURES})",
            id="tracebacks",
        ),
        *_tracebacks(report.tracebacks, base),
        tag("h2", f"Last requests ({len(report.requests)} of at most {KEPT})", id="last"),
        requests_table(report.requests, base),
        refresh=refresh,
    )


def route_page(route: RouteReport, report: Report, base: str) -> Markup:
    """Return the page of one route: its plan, its handler, its hops, its ways, its requests."""
    row = route.listed.row
    title = f"{', '.join(route.listed.methods)} {row.path}"
    links = [tag("a", "All routes", href=base)]
    if route.documentation is not None:
        links.append(tag("a", "Documentation", href=beside(base, route.documentation)))
    raised = [pair for pair in report.tracebacks if pair[1] is route]
    return _document(
        title,
        tag("header", tag("h1", title), tag("nav", *links)),
        tag("p", tag("code", row.endpoint), " ", place(row)),
        *_explanation(route),
        *([tag("h2", "Last tracebacks"), *_tracebacks(raised, base)] if raised else []),
        tag("h2", "Last requests"),
        _timing_line(route),
        requests_table([(recorded, route) for recorded in route.requests], base),
    )


def absent_page(base: str) -> Markup:
    """Return the page for a view that does not exist."""
    return _document(
        "No such page",
        tag("h1", "No such page"),
        tag("p", "The program may have changed. ", tag("a", "All routes", href=base)),
    )


def _document(title: str, *body: Markup, refresh: int | None = None) -> Markup:
    again = tag("meta", http_equiv="refresh", content=str(refresh)) if refresh else None
    return write_document(title, *body, script=FILTER_SCRIPT, refresh=again)


def _header(title: str, report: Report, base: str, refresh: int | None) -> Markup:
    documents = [tag("a", path, href=beside(base, path)) for path in documentation_of(report.app)]
    project = project_documentation()
    if project is not None:
        documents.append(tag("a", "pronghorn's documentation", href=project, rel="noreferrer"))
    again = (
        tag("a", "stop refreshing", href=base)
        if refresh
        else tag("a", "refresh every 2 seconds", href=f"{base}?refresh=2")
    )
    names = ("routes.json", "tracebacks.json", "requests.json")
    data = [tag("a", name, href=f"{base}/{name}") for name in names]
    sections = [
        tag("a", f"Tracebacks ({len(report.tracebacks)})", href="#tracebacks"),
        tag("a", f"Requests ({len(report.requests)})", href="#last"),
    ]
    if report.has_jobs:
        sections.insert(0, tag("a", "Jobs", href=f"{base}/jobs"))
    return tag(
        "header", tag("h1", title), tag("nav", *documents), tag("nav", *sections, again, *data)
    )


def _filter_field() -> Markup:
    """Return the field that the script shows; without it the field would do nothing."""
    return tag(
        "p",
        tag(
            "input",
            id="filter",
            type="search",
            placeholder="Filter by path, method, name or tag",
            aria_label="Filter the routes by path, method, name or tag",
            autocomplete="off",
            spellcheck="false",
        ),
        tag("span", " press ", tag("kbd", "/"), class_="quiet"),
        hidden="",
    )


def _counter(table: str, total: int) -> Markup:
    return tag("span", str(total), data_count=table, data_total=str(total))


def _other_routes(others: list[RouteReport], base: str) -> list[Markup]:
    if not others:
        return []
    heading = tag("h2", "Other routes (", _counter("other-routes", len(others)), ")")
    summary = tag("summary", heading, " ", tag("span", "documentation, framework, libraries"))
    return [tag("details", summary, routes_table("other-routes", others, base), id="others")]


def _tracebacks(raised: Raised, base: str) -> list[Markup]:
    shown = [_traceback(traceback, route, base) for traceback, route in raised]
    return shown or [tag("p", "No exception has left the program.", class_="quiet")]


def _traceback(traceback: Traceback, route: RouteReport | None, base: str) -> Markup:
    request = traceback.request
    asked = f"{clock(traceback.raised)} {request.method} {request.path} "
    headline = traceback.failure.headline
    if len(headline) > _LONGEST_SUMMARY:
        headline = headline[:_LONGEST_SUMMARY] + "…"
    served = [tag("p", "Route: ", link_to_route(route, base))] if route is not None else []
    summary = tag("summary", asked, tag("span", headline, class_="bad"))
    return tag("details", summary, *served, show_failure(traceback.failure, "h3"), class_="raised")


def _explanation(route: RouteReport) -> list[Markup]:
    explained = route.explained
    if explained is None:
        return [tag("p", route.trouble or f"This is {describe_plain(route)}.", class_="warn")]
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
