"""The data of the views, for tools."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pronghorn.devtools.documentation import documentation_of, project_documentation
from pronghorn.devtools.failure_views import failure_data
from pronghorn.devtools.recorder import KEPT, KEPT_FAILURES, Recorded, Traceback
from pronghorn.devtools.report import Report, RouteReport

__all__ = ["requests_data", "routes_data", "tracebacks_data"]


def routes_data(report: Report) -> dict[str, Any]:
    """Return all routes, those of the program first, and the addresses of the documentation."""
    return {
        "routes": [_route_data(route) for route in (*report.own, *report.others)],
        "documentation": documentation_of(report.app),
        "project_documentation": project_documentation(),
    }


def requests_data(report: Report) -> dict[str, Any]:
    """Return the last requests, the newest first."""
    return {
        "kept": KEPT,
        "requests": [_request_data(recorded, route) for recorded, route in report.requests],
    }


def tracebacks_data(report: Report) -> dict[str, Any]:
    """Return the last exceptions, the newest first, each with its request."""
    return {
        "kept": KEPT_FAILURES,
        "tracebacks": [_traceback_data(one, route) for one, route in report.tracebacks],
    }


def _route_data(route: RouteReport) -> dict[str, Any]:
    explained, timing = route.explained, route.timing
    return {
        **asdict(route.listed.row),
        "own": route.is_own,
        "tags": route.tags,
        "documentation": route.documentation,
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
        "started": _moment(recorded.started),
    }


def _traceback_data(traceback: Traceback, route: RouteReport | None) -> dict[str, Any]:
    return {
        "raised": _moment(traceback.raised),
        "request": _request_data(traceback.request, route),
        "error": failure_data(traceback.failure),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
