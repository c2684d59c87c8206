"""Hand requests that do not reach the routes in the short way over to an ASGI application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp

from pronghorn.compile.dispatch import Find, FoundRoute
from pronghorn.hooks import Handler
from pronghorn.run.exchange import Exchange

#: What handlers that are no route get for the parameters of a path.
NO_PARAMETERS: Mapping[str, Any] = {}


def let_answer(app: ASGIApp) -> Handler:
    """Return a handler that lets an ASGI application answer, such as a layer that refuses."""

    async def call(exchange: Exchange, path: Mapping[str, Any]) -> None:
        exchange.use_scope()
        await app(exchange.scope, exchange.receive, exchange.track_and_send)

    return call


def find_within(max_body_size: int, find: Find, counting: ASGIApp) -> Find:
    """Return a `find` that hands over each request whose body may be longer than a limit.

    Args:
        max_body_size: The limit in bytes.
        find: Finds the handler of a request whose whole body has arrived, within the limit.
        counting: Answers the others, and counts their bodies.
    """
    count = let_answer(counting)

    def find_or_count(exchange: Any) -> FoundRoute | None:
        if exchange.has_whole_body(max_body_size):
            return find(exchange)
        return count, NO_PARAMETERS

    return find_or_count
