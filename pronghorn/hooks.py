"""The one seam between the core and its batteries.

A battery imports the framework, never the other way round. What it wants of a running
application, it gets in one of two ways:

- **A route**: `mount` a `RouteHook`. When a route is compiled, the hook sees its plan and its
  handler and gives another handler, or None: then nothing of it exists in that route.
- **An application**: something `Around` every request, connection and lifespan. Telemetry is the
  only one. It is loaded by its name here, when an application asks for it or when it may be
  wanted: OpenTelemetry has been imported, by whomever.

Whoever stands around an application may leave a `Watcher` in the scope of a request. A route
then answers in stages, and tells the watcher about each. Requests without a watcher know
nothing of all this: until a hook is mounted, compiled handlers do not even look for one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.core.records import Record, replace
from pronghorn.core.revisions import forget_compiled
from pronghorn.exceptions import SetupError
from pronghorn.logger import logger
from pronghorn.plan.model import RoutePlan, WebSocketPlan
from pronghorn.run.exchange import Exchange

#: Where the watcher of a request is, in its ASGI scope. None there: somebody has decided that
#: nobody watches. Other instrumentations know the key by this name.
WATCHER = "fastapi.telemetry"

Handler = Callable[[Exchange, Mapping[str, Any]], Awaitable[None]]


# --- routes -----------------------------------------------------------------------------------


class Watcher(Protocol):
    """Sees one request or connection pass through the stages of its route."""

    def started(self, connection: HTTPConnection, plan: RoutePlan | WebSocketPlan) -> None:
        """The route begins; nothing has been read."""

    def body_read(self, body: Any) -> None:
        """The body has been read and parsed; None where there is none."""

    def solved(self, arguments: Mapping[str, Any], errors: Sequence[Any]) -> None:
        """The arguments of the endpoint are known, or what is wrong with the request is."""

    def unreadable(self, body: Any, errors: Sequence[Any]) -> None:
        """The body cannot be parsed; the dependencies will not be called."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Stands around "dependencies", "endpoint" or "serialization".

        The endpoint's is entered where the endpoint runs, which may be a worker thread.
        """


class CompiledRoute(Record):
    """What a hook sees of a route that has just been compiled."""

    plan: RoutePlan | WebSocketPlan
    #: Answers in the shortest way.
    handler: Handler
    #: Answers in stages, for the watcher in the scope; the same object if there is one way only.
    watched: Handler


#: Sees a compiled route; gives the handler to use in place of its own, or None.
RouteHook = Callable[[CompiledRoute], Handler | None]
_mounted: list[RouteHook] = []


def mount(hook: RouteHook) -> None:
    """Let a hook see every route of every application in this process.

    Routes that are compiled already are compiled again at their next request. Mounting a hook
    that is mounted changes nothing. Later hooks see the handlers of earlier ones.
    """
    if hook not in _mounted:
        _mounted.append(hook)
        forget_compiled()


def unmount(hook: RouteHook) -> None:
    """Compile all routes without a hook again."""
    if hook in _mounted:
        _mounted.remove(hook)
        forget_compiled()


def hooked(route: CompiledRoute) -> Handler:
    """The handler of a route after all hooks have seen it."""
    for hook in _mounted:
        handler = hook(route)
        if handler is not None:
            route = replace(route, handler=handler)
    return route.handler


# --- applications -----------------------------------------------------------------------------


class Around(Protocol):
    """Stands around an application, outside of all its middleware."""

    async def __call__(self, *, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Call `app`, the stack of middleware, or answer in its place."""

    def is_active(self) -> bool:
        """Whether it would do more now than call the application."""


TELEMETRY = "pronghorn.telemetry"
#: Every part of the OpenTelemetry API imports this module, so without it no provider is set.
API_MODULE = "opentelemetry.context"
#: Set to "true", it asks for exporters when a lifespan begins.
AUTO_CONFIGURE = "FASTAPI_OTEL_AUTO_CONFIGURE"


def telemetry_around(config: Any) -> Around:
    """What measures an application.

    - `config`: its option `telemetry`.

    Raises:
        SetupError: OpenTelemetry is not installed, or an option cannot work.
    """
    around: Around = import_module(TELEMETRY).around(config)
    return around


def wanted_around(scope_type: str) -> Around | None:
    """What stands around an application that asked for nothing; mostly None.

    One look into a dictionary is all that telemetry costs where OpenTelemetry is not in use.

    - `scope_type`: "http", "websocket" or "lifespan".
    """
    if API_MODULE not in sys.modules and not (scope_type == "lifespan" and _configures_itself()):
        return None
    try:
        return telemetry_around({})
    except (ImportError, SetupError) as error:
        logger.warning("Telemetry stays off: %s", error)
        return _Nothing()


def _configures_itself() -> bool:
    return os.environ.get(AUTO_CONFIGURE, "").lower() == "true"


class _Nothing:
    """Where telemetry cannot be loaded."""

    async def __call__(self, *, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    def is_active(self) -> bool:
        return False
