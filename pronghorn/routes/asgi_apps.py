"""Turn functions of a request or a connection into ASGI applications, for libraries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from pronghorn.compile.exact import ExactConnection
from pronghorn.compile.stages import Functions
from pronghorn.core.monkeypatches import current
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.hooks import Handler
from pronghorn.plan.model import WebSocketPlan
from pronghorn.plan.signature import iscoroutinefunction, where_is
from pronghorn.routes.base import wrap_app_handling_exceptions
from pronghorn.run.exact import Inputs
from pronghorn.run.exchange import Exchange
from pronghorn.run.lifetime import LIFETIME_KEY, Lifetime, run_with_lifetime
from pronghorn.run.output.head import exchange_of

if TYPE_CHECKING:
    from pronghorn.dependencies.models import Dependant

__all__ = ["get_websocket_app", "request_response", "websocket_session"]

#: If a library replaces one of these, WebSocket routes call the replacement.
WEBSOCKET_FUNCTIONS = ("get_websocket_app", "solve_dependencies")
Session = Callable[[WebSocket], Awaitable[Any]]


class request_response:  # noqa: N801 - the name that libraries import; used as a function
    """An ASGI application around a function that takes a request and returns a response.

    Args:
        func: Called with the `Request`; in a worker thread unless it is a coroutine function.
    """

    def __init__(self, func: Callable[[Request], Any]) -> None:
        self.handler = func
        method = getattr(func, "__call__", None)  # noqa: B004 - the bound method is needed
        self._is_coroutine = iscoroutinefunction(func) or iscoroutinefunction(method)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope, receive, send)
        where = str(getattr(scope.get("route"), "_label", scope["path"]))

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            exchange.send = send
            await run_with_lifetime(exchange, self._respond, where)

        await wrap_app_handling_exceptions(answer, exchange.connection)(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        response: Response
        if self._is_coroutine:
            response = await self.handler(request)
        else:
            response = await call_in_thread(self.handler, request)
        return response


def websocket_session(func: Session) -> ASGIApp:
    """Return an ASGI application that calls a function with the WebSocket connection."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        connection = WebSocket(scope, receive, send)

        async def session(scope: Scope, receive: Receive, send: Send) -> None:
            await _with_lifetime(func, connection)

        await wrap_app_handling_exceptions(session, connection)(scope, receive, send)

    return app


async def _with_lifetime(func: Session, connection: WebSocket) -> None:
    try:
        async with Lifetime() as lifetime:
            connection.scope[LIFETIME_KEY] = lifetime
            await func(connection)
    finally:
        connection.scope.pop(LIFETIME_KEY, None)


def get_websocket_app(
    dependant: Dependant,
    dependency_overrides_provider: Any = None,
    embed_body_fields: bool = False,
) -> Callable[[WebSocket], Awaitable[Any]]:
    """Return the function that serves a WebSocket connection.

    Args:
        dependant: The endpoint's graph; its `call` is the endpoint.
        dependency_overrides_provider: An object with `dependency_overrides`, such as the
            application.
        embed_body_fields: Only passed on to `solve_dependencies`: a connection has no body.
    """
    from pronghorn.routes.replaced_functions import current_solve  # Few routes need it.

    root = dependant.to_plan()
    path = dependant.path or ""
    name = getattr(root.call, "__name__", "")
    plan = WebSocketPlan(path, path, name, root.call, root, where=where_is(root.call))
    exact = ExactConnection(plan, dependant._label)

    async def call(arguments: Mapping[str, Any]) -> None:
        endpoint: Any = dependant.call
        await endpoint(**arguments)

    exact.functions = Functions(
        current_solve(dependant, dependency_overrides_provider, is_http=False), call
    )

    async def app(websocket: WebSocket) -> None:
        lifetime: Lifetime = websocket.scope[LIFETIME_KEY]
        path, body = websocket.path_params, PydanticUndefined
        await exact.run(Inputs(websocket, path, body, embed_body_fields, lifetime))

    return app


def make_websocket_handler(route: Any) -> Handler:
    """Return a WebSocket route's handler that calls the functions a library has put in place."""
    graph = route._fresh_graph()
    graph._label = f"WS {route.path_format}"
    app = current("get_websocket_app")(
        dependant=graph, dependency_overrides_provider=route.dependency_overrides_provider
    )

    async def handler(exchange: Exchange, path: Mapping[str, Any]) -> None:
        await _with_lifetime(app, exchange.connection)

    return handler
