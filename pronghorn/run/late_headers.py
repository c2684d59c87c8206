"""Headers of a battery for a response that is sent outside of the handler of its route.

A battery that adds headers to responses, such as a limit, sees those that the handler sends. The
response to an unhandled error, and the one after a timeout, come when the handler is over.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Message, Scope, Send

from pronghorn.run.exchange import LATE_HEADERS, Exchange, RawHeaders


def add_to_late_response(exchange: Exchange, find: Callable[[], RawHeaders]) -> None:
    """Add headers to the response, should it be sent when the handler of the route is over.

    So is the response to an unhandled error, and the one after the timeout of a route.

    Args:
        exchange: The request.
        find: Returns the headers, when the response is sent.
    """
    exchange.scope.setdefault(LATE_HEADERS, []).append(find)


def with_late_headers(scope: Scope, send: Send) -> Send:
    """Return a `send` that adds these headers; the same one if there are none."""
    functions: list[Callable[[], RawHeaders]] | None = scope.get(LATE_HEADERS)
    if functions is None:
        return send

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [pair for find in functions for pair in find()]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return send_with_headers


def late_exchange(exchange: Exchange) -> Exchange:
    """Return the exchange for a late response: it adds the headers, if there are any."""
    send = with_late_headers(exchange.scope, exchange.track_and_send)
    if send == exchange.track_and_send:
        return exchange
    late = Exchange(exchange.scope, exchange.receive, send)
    late.outer = exchange
    late.take_over(exchange)
    return late
