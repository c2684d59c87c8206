"""Extension points: how telemetry and tools attach to an application.

An extension imports the framework, never the other way round. It attaches to a running application
in one of three ways:

- **A route**: `mount` a `RouteHook`. When a route is compiled, the hook receives its plan and its
  handler, and returns another handler or None. After None, the route contains no trace of the hook.
- **An application**: a layer `Around` every request, connection and lifespan. Telemetry is one. It
  is loaded by its name here, when an application asks for it or when OpenTelemetry has been
  imported. The probes of `app.health` are another, outside of telemetry.
- **Finished requests**: `observe` attaches an `Observer` to all applications of the process. It is
  told of each request and each WebSocket connection at its beginning and at its end: with route,
  status, time and bytes. What it is told is in the scope of the request, too, under the key
  `OBSERVED`. Logs and metrics are made of that. With an observer, servers and applications take
  another way through the code; they pay nothing before.

A layer around an application may put a `Watcher` into the scope of a request. Its route answers in
stages then, and reports each. Until a hook is mounted, compiled handlers do not look for a watcher.

A battery such as `pronghorn.sql` uses more: a dependency learns from a `Trigger` what it runs for
and puts events around those of an endpoint with `frame_stream`, `answer_with` says how an error of
a library is answered, and `check_plans` finds mistakes in the plans of routes at startup. One that
runs jobs is a `JobRunner`, and keeps background tasks as a `TaskStore`, if `check_kept_tasks` finds
no mistake. The option `cache` of a route takes a `ResponseCache`, which may answer instead.

A dependency that changes or keeps responses, such as a limit with its headers, is a subclass of
`Depends`. Its `RouteHook` finds it in the plan, and calls the handler by `answer_through`: the
messages of the response then come to the battery first. Headers of responses that are sent later,
to errors and after timeouts, are given to `add_to_late_response`. A method
`document_operation(operation)` of the subclass completes the OpenAPI document of its routes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn._body_limit import body_limit_error
from pronghorn.core.records import Record, replace
from pronghorn.core.revisions import forget_compiled
from pronghorn.core.trigger import Trigger
from pronghorn.exceptions import SetupError
from pronghorn.logger import logger
from pronghorn.plan.dependencies import find_guards
from pronghorn.plan.model import AnyPlan
from pronghorn.plan.route import check_kept_tasks, check_plans
from pronghorn.run.errors import HandlersOfScope, answer_with
from pronghorn.run.exchange import FRAME, OBSERVED, Exchange
from pronghorn.run.output.head import exchange_of

if TYPE_CHECKING:  # Most programs do not need the modules.
    from pronghorn.core.task_store import JobRunner, TaskStore
    from pronghorn.plan.response_cache import Fill, ResponseCache, RouteCache
    from pronghorn.run.late_headers import add_to_late_response
    from pronghorn.run.observed import Observed

__all__ = [
    "OBSERVED",
    "CompiledRoute",
    "Exchange",
    "Fill",
    "JobRunner",
    "Observed",
    "Observer",
    "ResponseCache",
    "RouteCache",
    "TaskStore",
    "Trigger",
    "Watcher",
    "add_to_late_response",
    "answer_error_through",
    "answer_through",
    "answer_with",
    "check_kept_tasks",
    "check_plans",
    "find_guards",
    "frame_stream",
    "mount",
    "observe",
    "observe_app",
    "stop_observing",
    "unmount",
]

#: The key of a request's watcher in its ASGI scope. None there means that the request must not be
#: observed. Other instrumentations use the same key.
WATCHER = "fastapi.telemetry"

#: Class or function -> its module.
_LATER = {
    "Fill": "pronghorn.plan.response_cache",
    "JobRunner": "pronghorn.core.task_store",
    "Observed": "pronghorn.run.observed",
    "ResponseCache": "pronghorn.plan.response_cache",
    "RouteCache": "pronghorn.plan.response_cache",
    "TaskStore": "pronghorn.core.task_store",
    "add_to_late_response": "pronghorn.run.late_headers",
}

Handler = Callable[[Exchange, Mapping[str, Any]], Awaitable[None]]


# --- routes -----------------------------------------------------------------------------------


class Watcher(Protocol):
    """Sees one request or connection pass through the stages of its route."""

    def started(self, connection: HTTPConnection, plan: AnyPlan) -> None:
        """The route begins; nothing has been read yet."""

    def body_read(self, body: Any) -> None:
        """The body has been read and parsed; None if there is none."""

    def solved(self, arguments: Mapping[str, Any], errors: Sequence[Any]) -> None:
        """The arguments of the endpoint are known, or the errors of the request are."""

    def unreadable(self, body: Any, errors: Sequence[Any]) -> None:
        """The body cannot be parsed; the dependencies will not be called."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Return a context manager around "dependencies", "endpoint" or "serialization".

        The one for the endpoint is entered where the endpoint runs, which may be a worker thread.
        """


class CompiledRoute(Record):
    """A route that has just been compiled, as hooks see it."""

    plan: AnyPlan
    #: Answers directly.
    handler: Handler
    #: Answers in stages, for the watcher in the scope; the same object if both ways are the same.
    staged: Handler


#: Receives a compiled route; returns the handler that replaces its own, or None.
RouteHook = Callable[[CompiledRoute], Handler | None]
_mounted: list[RouteHook] = []


def mount(hook: RouteHook, *, innermost: bool = False) -> None:
    """Let a hook see every route of every application in this process.

    Routes that are compiled already are compiled again at their next request. Mounting a hook twice
    changes nothing. Later hooks receive the handlers of earlier ones.

    Args:
        hook: Called with each route when it is compiled; returns the handler to use instead, or
            None.
        innermost: Whether it comes before all others, so that it is nearest to the endpoint.
    """
    if hook not in _mounted:
        _mounted.insert(0 if innermost else len(_mounted), hook)
        forget_compiled()


def unmount(hook: RouteHook) -> None:
    """Compile all routes again, without a hook.

    Args:
        hook: What was mounted. A hook that was not changes nothing.
    """
    if hook in _mounted:
        _mounted.remove(hook)
        forget_compiled()


def has_hooks() -> bool:
    """Return True if a hook is mounted."""
    return bool(_mounted)


def hooked(route: CompiledRoute) -> Handler:
    """Return the handler of a route after all hooks have seen it."""
    for hook in _mounted:
        handler = hook(route)
        if handler is not None:
            route = replace(route, handler=handler)
    return route.handler


# --- streams ----------------------------------------------------------------------------------

#: Receives the items of an endpoint and their encoder; yields what is sent.
Frame = Callable[[AsyncIterator[Any], Callable[[Any], Any]], AsyncIterator[Any]]


def frame_stream(response: Response, frame: Frame) -> None:
    """Send what a function makes of the items that an `async def` endpoint yields.

    A dependency calls it with the `Response` that it declares as a parameter. The items are asked
    for in the task of the request, one after the other, each when the one before was sent.

    Args:
        response: The response of the request.
        frame: Called with the items and with the function that encodes one of them.
    """
    setattr(response, FRAME, frame)


# --- responses that pass a battery ---------------------------------------------------------


async def answer_through(
    handler: Handler, exchange: Exchange, path: Mapping[str, Any], send: Send
) -> None:
    """Let a handler answer a request, and give the messages of its response to a function.

    An error of the function is raised where the handler sends. If nothing was sent then, the error
    is answered as any other.

    Args:
        handler: The handler of a route.
        exchange: The request. A body that was read by it is not read again.
        path: The path parameters.
        send: Takes the messages of ASGI, and passes them on: `await exchange.track_and_send(one)`.
    """
    inside = exchange_of(exchange.scope, exchange.receive, send)
    inside.outer = exchange
    inside.take_over(exchange)
    try:
        await handler(inside, path)
    finally:
        exchange.take_over(inside)
        inside.end()


async def answer_error_through(exchange: Exchange, error: Exception, send: Send) -> None:
    """Let the exception handlers of the program answer, and give the messages to a function.

    It is for a hook whose function has to see these responses, too; otherwise the program answers
    an error that leaves the handlers of its routes.

    Args:
        exchange: The request, to which nothing was sent yet.
        error: What has left its handler.
        send: As for `answer_through`.

    Raises:
        Exception: `error` itself, if no handler knows it, or if the body was too large.
    """
    if exchange.started or body_limit_error(error) is not None:
        raise error

    async def answer(inside: Exchange, path: Mapping[str, Any]) -> None:
        await HandlersOfScope().answer(inside, error)

    await answer_through(answer, exchange, {}, send)
    await exchange.close_files()


# --- finished requests ------------------------------------------------------------------------


class Observer(Protocol):
    """Sees every request and every WebSocket connection, once at its beginning and its end.

    Both methods are called in the event loop, so they must not block. An exception is logged, and
    the request goes on. An observer must not keep an `Observed`, whose scope is gone afterwards.
    """

    def start(self, request: Observed) -> None:
        """The head of a request has arrived.

        Context variables set here reach the program.
        """

    def finish(self, request: Observed) -> None:
        """The response is complete, or the request has ended without one."""


#: The observers of this process.
OBSERVERS: list[Observer] = []


def observe(observer: Observer) -> None:
    """Tell an observer of every request to every application of this process.

    Attach it before the server starts: on uvicorn, connections that are open already stay as they
    are. Attaching an observer twice changes nothing.

    Args:
        observer: Its methods are called in the event loop; see `Observer` and `Observed`.
    """
    if observer not in OBSERVERS:
        OBSERVERS.append(observer)


def stop_observing(observer: Observer) -> None:
    """Tell an observer of no further requests.

    Args:
        observer: What `observe` has attached. Another one changes nothing.
    """
    if observer in OBSERVERS:
        OBSERVERS.remove(observer)


def observe_app(app: ASGIApp) -> ASGIApp:
    """Return an ASGI application whose requests are observed, each only once.

    Applications of this framework need no such wrapper.

    Args:
        app: Any ASGI application.
    """

    from pronghorn.run.observed import ObservedCall

    async def observe_call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or OBSERVED in scope or not OBSERVERS:
            await app(scope, receive, send)
        else:
            await ObservedCall(OBSERVERS, scope, receive, send).run(app)

    return observe_call


if not TYPE_CHECKING:  # Type checkers would accept every name.

    def __getattr__(name: str) -> Any:
        """Return a class or a function whose module is loaded when it is needed."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_LATER[name]), name)


# --- applications -----------------------------------------------------------------------------


class Around(Protocol):
    """A layer around an application, outside of all its middleware."""

    async def __call__(self, *, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Call `app`, the stack of middleware, or respond in its place."""

    def is_active(self) -> bool:
        """Return True if the layer would do more now than call the application."""


TELEMETRY = "pronghorn.telemetry"
#: Every part of the OpenTelemetry API imports this module. Unless it is imported, no provider is
#: set.
API_MODULE = "opentelemetry.context"
#: If it is "true", exporters are created when a lifespan begins.
AUTO_CONFIGURE = "FASTAPI_OTEL_AUTO_CONFIGURE"


def telemetry_around(config: Any) -> Around:
    """Return the layer that observes an application.

    Args:
        config: The option `telemetry` of the application.

    Raises:
        SetupError: OpenTelemetry is not installed, or an option cannot work.
    """
    around: Around = import_module(TELEMETRY).around(config)
    return around


def wanted_around(scope_type: str) -> Around | None:
    """Return the layer around an application without options for it; None in most programs.

    If OpenTelemetry is not in use, telemetry costs one look into a dictionary.

    Args:
        scope_type: "http", "websocket" or "lifespan".
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
    """Takes the place of telemetry that cannot be loaded."""

    async def __call__(self, *, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    def is_active(self) -> bool:
        return False
