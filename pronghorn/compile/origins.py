"""Refuse handshakes of WebSockets from foreign sites, before dependencies and endpoint run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.routing import BaseRoute, Host, Mount, WebSocketRoute
from starlette.status import WS_1008_POLICY_VIOLATION

from pronghorn.exceptions import WebSocketException
from pronghorn.hooks import Handler
from pronghorn.run.exchange import Exchange
from pronghorn.run.origins import REASON, SAME, Origins, log_refusal

Allowed = Sequence[str] | None


def origins_of(owner: Any, application: Any = None) -> Allowed:
    """Return the origins that a route or a router allows; None for all.

    Args:
        owner: The route, the router or the application.
        application: Its application, if it belongs to one.
    """
    allowed: Allowed = getattr(owner, "websocket_origins", None)
    if allowed is None and getattr(application, "hardened", False):
        return (SAME,)
    return allowed


def with_origins_of(router: Any, route: BaseRoute, handler: Handler) -> Handler:
    """Return a handler that checks the origin, if its route does not check it itself.

    A route that was declared on the router does. Plain Starlette routes, routes that were appended
    as objects, and applications that are mounted without origins of their own do not.
    """
    if isinstance(route, (Mount, Host)):
        inside = getattr(route, "app", None)
        checks = origins_of(inside, inside) is not None
    elif hasattr(route, "_compile_handler"):
        of_route = getattr(route, "dependency_overrides_provider", None)
        checks = not isinstance(route, WebSocketRoute) or origins_of(route, of_route) is not None
    else:
        checks = not isinstance(route, WebSocketRoute)
    if checks:
        return handler
    allowed = origins_of(route)  # That of an inclusion, for a plain route.
    if allowed is None:
        allowed = origins_of(router, router.dependency_overrides_provider)
    return check_origin(handler, allowed)


def check_origin(handler: Handler, allowed: Allowed) -> Handler:
    """Return a handler that refuses WebSockets of other origins; the same one if all are allowed.

    The refusal is 403, as that of a dependency that raises `WebSocketException`.
    """
    if allowed is None:
        return handler
    origins = Origins(allowed)

    async def check(exchange: Exchange, path: Mapping[str, Any]) -> None:
        scope = exchange.scope
        if scope["type"] == "websocket" and not origins.allow(scope):
            log_refusal(scope)
            raise WebSocketException(WS_1008_POLICY_VIOLATION, REASON)
        await handler(exchange, path)

    return check
