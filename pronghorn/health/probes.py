"""Answer `/live` and `/ready` before any layer of the application sees the request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import anyio
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.compile.dispatch import Answerer, FoundRoute
from pronghorn.core.path_patterns import path_below_root
from pronghorn.core.setup_errors import describe_callable, setup_error
from pronghorn.exceptions import SetupError
from pronghorn.health.access_log import quiet
from pronghorn.health.running import OK, RunningCheck
from pronghorn.health.sigterm import sigterm
from pronghorn.hooks import Around, wanted_around
from pronghorn.routes.lifespan import startup_failed
from pronghorn.run.exchange import OBSERVED, Exchange

DRAINING = "draining"
#: A body is read by people and by dashboards; a probe reads the status code.
HEADERS = {"cache-control": "no-store"}


class Probes:
    """The probes of one application; a layer around it and around its telemetry.

    Args:
        app: The application.
        live: The path of the probe that answers without any check; None for none.
        ready: The path of the probe that runs the checks; None for none.
        checks: The checks.
        drain: Seconds between SIGTERM and the end of the server.
        inside: The layer that was around the application before.
    """

    def __init__(
        self,
        app: Any,
        live: str | None,
        ready: str | None,
        checks: Mapping[str, RunningCheck],
        drain: float,
        inside: Around | None,
    ) -> None:
        self._app = app
        self._checks = checks
        self._drain = drain
        self._inside = inside
        self._is_ending = False
        named = {"live_path": (live, self._answer_live), "ready_path": (ready, self._answer_ready)}
        self._of_path = {path: answer for path, answer in named.values() if path is not None}
        self._names = {path: name for name, (path, _) in named.items() if path is not None}

    # --- the layer around the application ---------------------------------------------------------

    def __call__(
        self, *, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> Awaitable[None]:
        """Return an awaitable that answers a probe, or lets the application answer."""
        kind = scope["type"]
        if kind == "http":
            path = path_below_root(scope) if scope.get("root_path") else scope["path"]
            answer = self._of_path.get(path)
            if answer is not None:
                return respond(answer, scope, receive, send)
        elif kind == "lifespan":
            return self._serve_lifespan(app, scope, receive, send)
        return self._pass(app, scope, receive, send)

    def _pass(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        inside = self._inside = self._inside or wanted_around(scope["type"])
        if inside is None:
            return app(scope, receive, send)
        return inside(app=app, scope=scope, receive=receive, send=send)

    def is_active(self) -> bool:
        """Return whether telemetry is active; a server that calls routes directly uses `beside`."""
        inside = self._inside = self._inside or wanted_around("http")
        return inside is not None and inside.is_active()

    def beside(self, answerer: Answerer) -> Answerer:
        """Return an answerer for servers that call routes directly, with the probes before them."""
        return WithProbes(self._of_path, answerer)

    @property
    def paths(self) -> list[str]:
        """The paths of the probes."""
        return list(self._names)

    # --- the life of the application --------------------------------------------------------------

    async def _serve_lifespan(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        try:
            refuse_taken_paths(self._app.routes, self._names)
        except SetupError:
            await startup_failed(receive, send)
            raise
        self._is_ending = False
        sigterm.watch(self._drain)

        async def receive_end() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._is_ending = True
            return message

        try:
            await self._pass(app, scope, receive_end, send)
        finally:
            self._is_ending = False
            sigterm.forget()

    # --- the responses ----------------------------------------------------------------------------

    async def _answer_live(self) -> Response:
        sigterm.watch(self._drain)
        return describe(OK)

    async def _answer_ready(self) -> Response:
        sigterm.watch(self._drain)
        if self._is_ending or sigterm.is_told:
            return describe(DRAINING)
        statuses: dict[str, str] = dict.fromkeys(self._checks, OK)

        async def ask(name: str, check: RunningCheck) -> None:
            statuses[name] = await check.status()

        async with anyio.create_task_group() as group:
            for name, check in self._checks.items():
                group.start_soon(ask, name, check)
        is_ready = all(status == OK for status in statuses.values())
        return describe(OK if is_ready else "failing", checks=statuses)


class WithProbes:
    """An answerer with probes before its routes.

    Args:
        of_path: The functions that make the responses of the probes, by path.
        inside: The answerer of everything else.
    """

    def __init__(
        self, of_path: Mapping[str, Callable[[], Awaitable[Response]]], inside: Answerer
    ) -> None:
        self._find = inside.find
        self.search = inside.search
        self.recover = inside.recover
        self._handlers = {path: handler_of(answer) for path, answer in of_path.items()}

    def find(self, exchange: Exchange) -> FoundRoute | None:
        """Return the handler of a probe, or what the answerer inside finds."""
        path = exchange.path if exchange.is_bare else path_below_root(exchange.scope)
        handler = self._handlers.get(path)
        return self._find(exchange) if handler is None else (handler, {})


def handler_of(answer: Callable[[], Awaitable[Response]]) -> Callable[..., Awaitable[None]]:
    """Return a handler, as those of compiled routes, that sends the response of a probe."""

    async def handle(exchange: Any, _: Mapping[str, Any]) -> None:
        if exchange.is_bare:
            exchange.routed = None
            exchange.use_scope()
        await respond(answer, exchange.scope, exchange.receive, exchange.track_and_send)

    return handle


async def respond(
    answer: Callable[[], Awaitable[Response]], scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer GET and HEAD by a probe, and other methods by 405."""
    quiet.add(scope["path"])
    quiet.add(path_below_root(scope))  # Granian logs it so.
    if OBSERVED in scope:
        scope[OBSERVED].is_quiet = scope[OBSERVED].is_probe = True
    method = scope["method"]
    if method in {"GET", "HEAD"}:
        response = await answer()
    else:
        response = Response(status_code=405, headers={**HEADERS, "allow": "GET, HEAD"})
    if method == "HEAD":
        response.body = b""  # Its headers stay those of GET.
    await response(scope, receive, send)


def describe(status: str, **more: Any) -> Response:
    """Return the response of a probe: 200 if all is well, otherwise 503."""
    body = json.dumps({"status": status, **more})
    code = 200 if status == OK else 503
    return Response(body, code, HEADERS, "application/json")


def refuse_taken_paths(routes: Iterable[Any], paths: Mapping[str, str]) -> None:
    """Refuse a route of the program that no request could reach.

    Args:
        routes: The routes of the application.
        paths: The paths of the probes, each with the name of its argument.

    Raises:
        SetupError: A route has the path of a probe.
    """
    for route in routes:
        path: str = getattr(route, "path", "")
        if path in paths and not isinstance(route, WebSocketRoute):
            endpoint = getattr(route, "endpoint", None)
            raise setup_error(
                f"The route {path} has the path of a probe of app.health, which would answer first",
                "the program had a health endpoint of its own before",
                f"app.health(..., {paths[path]}=...) with another path, or no route {path}",
                where=None if endpoint is None else describe_callable(endpoint),
            )
