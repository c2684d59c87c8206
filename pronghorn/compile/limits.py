"""Limits on bodies: around the routes that have any, and around the whole application.

Starlette's `RequestBodyLimitMiddleware` counts the bytes. There is one counter for a request, also
through mounted applications; each level that the request passes sets the limit anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY, RequestBodyLimitMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Host, Mount, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn._body_limit import body_limit_error, is_answered
from pronghorn._form_limits import SCOPE_KEY, limits_in_scope
from pronghorn.declare.option_inheritance import limits_inside, limits_of
from pronghorn.hooks import Handler
from pronghorn.run.exchange import Exchange
from pronghorn.run.output.head import exchange_of


def with_limits_of(router: Any, route: BaseRoute, handler: Handler) -> Handler:
    """A handler with those limits of its router that it does not have already.

    The handlers of routes that the router itself declares have them all. Others do not: those of
    routes that were appended as objects, of mounts, and of plain Starlette routes.
    """
    own = limits_of(route) if hasattr(route, "compile_handler") else {}
    combined = limits_inside(limits_of(router), route)
    if combined == own or isinstance(route, WebSocketRoute):
        return handler
    if "form_limits" in combined:
        handler = _limiting_forms(handler, combined["form_limits"])
    if "max_body_size" in combined:
        limiting = counting_body if isinstance(route, (Mount, Host)) else limiting_body
        handler = limiting(handler, combined["max_body_size"])
    return handler


def _limiting_forms(handler: Handler, limits: Mapping[str, int]) -> Handler:
    """Leave limits in the scope, for what comes after this level."""

    async def limiting_forms(exchange: Exchange, path: Mapping[str, Any]) -> None:
        exchange.scope[SCOPE_KEY] = limits_in_scope(exchange.scope, limits)
        await handler(exchange, path)

    return limiting_forms


def limiting_body(handler: Handler, max_body_size: int) -> Handler:
    """Refuse a body of more than `max_body_size` bytes with 413 (RFC 9110, section 15.5.14).

    A body that says how long it is, and is too long, is refused before anything runs.
    """
    counted = counting_body(handler, max_body_size)

    async def limiting_body(exchange: Exchange, path: Mapping[str, Any]) -> None:
        if declared_length(exchange.scope) > max_body_size:
            await exchange.send_response(too_large())
        else:
            await counted(exchange, path)

    return limiting_body


def counting_body(handler: Handler, max_body_size: int) -> Handler:
    """The same where inner levels may have other limits, so that nothing is refused in advance.

    When the bytes are counted, the refusal is an `HTTPException` for the handlers of errors.
    """

    async def counting_body(exchange: Exchange, path: Mapping[str, Any]) -> None:
        refusals: list[Exception] = []

        async def app(scope: Scope, limited_receive: Receive, limited_send: Send) -> None:
            # The exchange of an adapter may read its server's buffer, past the counter.
            inside = exchange_of(scope, limited_receive, limited_send)
            try:
                await handler(inside, path)
            except Exception as error:
                refusal = body_limit_error(error)
                if refusal is None:
                    raise
                if not is_answered(refusal):
                    refusals.append(refusal)
            finally:
                exchange.take_over(inside)

        limited = RequestBodyLimitMiddleware(app, max_body_size)
        await limited(exchange.scope, exchange.receive, exchange.track_and_send)
        if refusals:
            raise refusals[0]

    return counting_body


def declared_length(scope: Scope) -> int:
    """The content length of a request; 0 where it says none, or nonsense."""
    try:
        return int(Headers(scope=scope).get("content-length", "0"))
    except ValueError:
        return 0


def too_large() -> Response:
    """What Starlette answers too."""
    return PlainTextResponse("Content Too Large", 413)


class BodyLimit:
    """The limit of an application, around its middleware.

    Also without a limit of its own it answers a refusal that middleware met: the limit may be
    that of the application in which this one is mounted.

    Args:
        app: The application with its middleware.
        max_body_size: In bytes; None for no limit.
    """

    def __init__(self, app: ASGIApp, max_body_size: int | None) -> None:
        self._max_body_size = max_body_size
        self._app = app
        if max_body_size is not None:
            self._app = RequestBodyLimitMiddleware(app, max_body_size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._max_body_size is None and MAX_BODY_SIZE_SCOPE_KEY not in scope:
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send)
        try:
            await self._app(scope, receive, exchange.track_and_send)
        except Exception as error:
            refusal = body_limit_error(error)
            if refusal is None:
                raise
            if exchange.started:
                raise refusal from None  # An answer is cut short, or outer levels know more.
            await exchange.send_response(too_large())
