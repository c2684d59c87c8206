"""The page at `/_pronghorn`, around an application in development.

The application is not aware of it: it appears in no list of routes and in no document, and the
application serves every other path as before.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.core.path_patterns import path_below_root
from pronghorn.devtools.access import Access
from pronghorn.devtools.answers import answer_html, answer_json, answer_text
from pronghorn.devtools.data import requests_data, routes_data, tracebacks_data
from pronghorn.devtools.inventory import inner_app, list_routes
from pronghorn.devtools.jobs_page import JobsPage
from pronghorn.devtools.recorder import Recorder
from pronghorn.devtools.report import Explainer, Report
from pronghorn.devtools.views import absent_page, overview_page, route_page

__all__ = ["PAGE", "DevPage", "is_taken"]

PAGE = "/_pronghorn"
"""The path of the page."""

_DATA = {
    "/requests.json": requests_data,
    "/routes.json": routes_data,
    "/tracebacks.json": tracebacks_data,
}

LONGEST_REFRESH = 3600
"""Seconds between two refreshes; rendering a thousand routes takes some work."""


def is_taken(app: Any) -> bool:
    """Return True if the program has routes of its own there, which then take precedence."""
    return any(_is_below(listed.row.path) for listed in list_routes(inner_app(app)))


def _is_below(path: str) -> bool:
    return path == PAGE or path.startswith(PAGE + "/")


class DevPage:
    """An ASGI application: the page, and around it the application in development.

    Args:
        app: The application.
        access: The rules for who may see the page.
        jobs: The page of the jobs of the program; None if it has none.
    """

    def __init__(self, app: ASGIApp, access: Access, jobs: JobsPage | None = None) -> None:
        self.app = app
        self._access = access
        self._jobs = jobs
        self._shown = inner_app(app)
        self._recorder = Recorder()
        self._explainer = Explainer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        path = self._route_path(scope)
        # The program may add routes at any time, so this is checked for each request.
        if scope["type"] == "http" and _is_below(path) and not is_taken(self.app):
            response = await self._answer(path, Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self._recorder.run(self.app, path, scope, receive, send)

    def _route_path(self, scope: Scope) -> str:
        """Return the path without the prefix under which a proxy publishes the application."""
        root_path = scope.get("root_path") or getattr(self._shown, "root_path", "") or ""
        return path_below_root({**scope, "root_path": root_path.rstrip("/")}) or "/"

    async def _answer(self, path: str, request: Request) -> Response:
        refusal = self._access.refusal(request.scope)
        if refusal is not None:
            return answer_text(f"{refusal}\n", 403)
        # Relative, so that it is valid whatever a proxy puts before the path.
        base = "../" * (path.count("/") - 1) + PAGE.removeprefix("/")
        if self._jobs is not None and path == f"{PAGE}/jobs":
            return await self._jobs.answer(request, base)
        if request.method not in {"GET", "HEAD"}:
            return answer_text("Method Not Allowed\n", 405, Allow="GET, HEAD")
        if path == f"{PAGE}/state":
            return answer_json({"state": "running"})
        report = Report(self._shown, self._recorder, self._explainer)
        report.has_jobs = self._jobs is not None
        return _view(path.removeprefix(PAGE), report, base, request)


def _view(name: str, report: Report, base: str, request: Request) -> Response:
    if name in {"", "/"}:
        refresh = _number(request, "refresh", LONGEST_REFRESH)
        return answer_html(overview_page(report, base, refresh))
    if name in _DATA:
        return answer_json(_DATA[name](report))
    if name.startswith("/routes/"):
        method, _, path = name.removeprefix("/routes/").partition("/")
        number = _number(request, "number", len(report.routes)) or 1
        route = report.find(method.upper(), f"/{path}", number)
        if route is not None:
            return answer_html(route_page(route, report, base))
    return answer_html(absent_page(base), 404)


def _number(request: Request, name: str, most: int) -> int | None:
    """Return a number of the query, at least 1; None if it is missing or invalid."""
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return min(int(text), most) or None
