"""Limit the size of bodies, for single routes and for the whole application.

Starlette's `RequestBodyLimitMiddleware` counts the bytes. A request has one counter, also in
mounted applications; each level that the request passes sets a new limit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY, RequestBodyLimitMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Host, Mount, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn._body_limit import body_limit_error, is_answered
from pronghorn._form_limits import SCOPE_KEY, limits_in_scope
from pronghorn.core.kinds import BodyKind
from pronghorn.declare.option_inheritance import limits_inside, limits_of
from pronghorn.hooks import Handler
from pronghorn.run.exchange import Exchange
from pronghorn.run.output.head import exchange_of


def with_limits_of(router: Any, route: BaseRoute, handler: Handler) -> Handler:
    """Return a handler with those limits of its router that it does not have yet.

    A route that was declared on the router already has all of them. Routes that were appended as
    objects, mounts and plain Starlette routes do not.
    """
    own = limits_of(route) if hasattr(route, "_compile_handler") else {}
    combined = limits_inside(limits_of(router), route)
    if combined == own or isinstance(route, WebSocketRoute):
        return handler
    if "form_limits" in combined:
        handler = _limit_forms(handler, combined["form_limits"])
    limiting = count_body if isinstance(route, (Mount, Host)) else limit_body
    untyped = bool(getattr(route, "strict_content_type", True))
    sizes = combined.get("max_body_size"), combined.get("max_json_size")
    is_json = is_json_body(getattr(route, "plan", None))
    return limit_by_kind(handler, *sizes, limiting, untyped=untyped, is_json=is_json)


def is_json_body(plan: Any) -> bool:
    """Return True if a route with this plan reads its body as JSON: no upload is valid there."""
    body = getattr(plan, "body", None)
    return body is not None and body.kind is BodyKind.JSON and not body.raw


def limit_by_kind(
    handler: Handler,
    max_body_size: int | None,
    max_json_size: int | None,
    limiting: Callable[[Handler, int], Handler],
    *,
    untyped: bool,
    is_json: bool = False,
) -> Handler:
    """Return a handler that holds the limit of uploads or that of other bodies.

    Args:
        handler: The handler without limits.
        max_body_size: The limit of all bodies; None for none.
        max_json_size: The limit of bodies that are no uploads; None for none of its own.
        limiting: Returns a handler with one limit.
        untyped: Whether a body without a content type is an upload.
        is_json: Whether the route parses JSON, so that no body is an upload.
    """
    if max_json_size is None:
        return handler if max_body_size is None else limiting(handler, max_body_size)
    from pronghorn.core.uploads import is_upload  # Few programs have two limits.

    of_uploads = handler if max_body_size is None else limiting(handler, max_body_size)
    smaller = max_json_size if max_body_size is None else min(max_body_size, max_json_size)
    of_others = limiting(handler, smaller)
    if is_json:
        return of_others

    def limit_kind(exchange: Exchange, path: Mapping[str, Any]) -> Awaitable[None]:
        kind = (exchange.header(b"content-type") or "").encode("latin-1")
        chosen = of_uploads if is_upload(kind, untyped=untyped) else of_others
        return chosen(exchange, path)

    return limit_kind


def _limit_forms(handler: Handler, limits: Mapping[str, int]) -> Handler:
    """Return a handler that puts form limits into the scope, for the levels inside."""

    async def limit_forms(exchange: Exchange, path: Mapping[str, Any]) -> None:
        exchange.scope[SCOPE_KEY] = limits_in_scope(exchange.scope, limits)
        await handler(exchange, path)

    return limit_forms


def limit_body(handler: Handler, max_body_size: int) -> Handler:
    """Return a handler that refuses longer bodies with 413 (RFC 9110, section 15.5.14).

    If the content-length already exceeds `max_body_size`, the body is refused before any other
    code runs.
    """
    counted = count_body(handler, max_body_size)

    async def limit_body(exchange: Exchange, path: Mapping[str, Any]) -> None:
        if read_content_length(exchange.scope) > max_body_size:
            log_too_large(exchange.scope, max_body_size)
            await exchange.send_response(too_large())
        else:
            await counted(exchange, path)

    return limit_body


def count_body(handler: Handler, max_body_size: int) -> Handler:
    """Return a handler that counts the bytes of a body and refuses it above `max_body_size`.

    It does not check the content-length in advance, because inner levels may have other limits.
    The refusal is an `HTTPException` for the error handlers.
    """

    async def count_body(exchange: Exchange, path: Mapping[str, Any]) -> None:
        refusals: list[Exception] = []

        async def app(scope: Scope, limited_receive: Receive, limited_send: Send) -> None:
            # The exchange of an adapter could read the server's buffer and bypass the counter.
            inside = exchange_of(scope, limited_receive, limited_send)
            inside.outer = exchange
            try:
                await handler(inside, path)
            except Exception as error:
                refusal = body_limit_error(error)
                if refusal is None:
                    raise
                log_too_large(scope, max_body_size, refusal)
                if not is_answered(refusal):
                    refusals.append(refusal)
            finally:
                exchange.take_over(inside)

        limited = RequestBodyLimitMiddleware(app, max_body_size)
        await limited(exchange.scope, exchange.receive, exchange.track_and_send)
        if refusals:
            raise refusals[0]

    return count_body


def has_own_layer(app: Any) -> bool:
    """Return True if one limit is that of all bodies of an application."""
    return app.max_body_size is not None and app.max_json_size is None


def own_limit(app: Any) -> int | None:
    """Return the limit of all bodies of an application; None if it has none or two."""
    limit: int | None = app.max_body_size
    return limit if has_own_layer(app) else None


def read_content_length(scope: Scope) -> int:
    """Return the content length of a request; 0 if the header is absent or not a number."""
    try:
        return int(Headers(scope=scope).get("content-length", "0"))
    except ValueError:
        return 0


def too_large() -> Response:
    """Return the response that Starlette also sends for a body above the limit."""
    return PlainTextResponse("Content Too Large", 413)


def log_too_large(scope: Scope, limit: int | None = None, error: Exception | None = None) -> None:
    """Write a warning about a body that is refused, see `too_large.log_too_large`."""
    from pronghorn.compile.too_large import log_too_large as log  # Most programs refuse nothing.

    log(scope, limit, error)


class BodyLimit:
    """The body limit of an application, outside its middleware.

    It also answers refusals if this application has no limit: the limit may belong to the
    application in which this one is mounted.

    Args:
        app: The application with its middleware.
        max_body_size: The limit in bytes; None for an unlimited body.
    """

    def __init__(self, app: ASGIApp, max_body_size: int | None) -> None:
        #: The application inside, under the name by which tools walk through a stack.
        self.app = app
        self._max_body_size = max_body_size
        self._app = app
        if max_body_size is not None:
            self._app = RequestBodyLimitMiddleware(self._watch, max_body_size)

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
            log_too_large(scope, self._max_body_size, refusal)
            if exchange.started:
                raise refusal from None  # An outer level may handle it, or the response is cut off.
            await exchange.send_response(too_large())

    async def _watch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application, and log a refusal that Starlette's layer answers itself."""
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            refusal = body_limit_error(error)
            if refusal is not None:
                log_too_large(scope, self._max_body_size, refusal)
            raise
