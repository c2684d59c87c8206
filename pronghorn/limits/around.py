"""The handler around a route with limits: adds the headers, and settles what was charged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.types import Message

from pronghorn.core.setup_errors import setup_error
from pronghorn.core.trigger import READING
from pronghorn.hooks import (
    CompiledRoute,
    Exchange,
    Handler,
    add_to_late_response,
    answer_error_through,
    answer_through,
)
from pronghorn.limits.charged import SCOPE_KEY, Charged
from pronghorn.limits.rate_limit import RateLimit
from pronghorn.plan.dependencies import order_calls
from pronghorn.plan.model import RoutePlan

#: The limits of a request, with what each has taken.
Charges = list[tuple[RateLimit, Charged]]


def surround_limited(route: CompiledRoute) -> Handler | None:
    """Return the handler around a route with limits; None for other routes."""
    if not any(isinstance(node.marker, RateLimit) for node in route.plan.root.walk()):
        return None
    answers = isinstance(route.plan, RoutePlan)
    handler = _with_headers(route.handler) if answers else route.handler

    async def answer_limited(exchange: Exchange, path: Mapping[str, Any]) -> None:
        charges: Charges = []
        exchange.scope[SCOPE_KEY] = charges
        if answers:
            add_to_late_response(exchange, lambda: _headers_of(charges))
        try:
            await handler(exchange, path)
        finally:
            for limit, charged in charges:
                if limit.settles or charged.used is not None:
                    await limit.settle(exchange.connection, charged)

    return answer_limited


def _with_headers(handler: Handler) -> Handler:
    """Return a handler that adds the headers to the response of another one."""

    async def add_headers(exchange: Exchange, path: Mapping[str, Any]) -> None:
        charges = exchange.scope[SCOPE_KEY]
        held: list[Message] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = list(message.get("headers", ()))
                headers += _headers_of(charges)
                if any(name == b"content-length" for name, _ in headers):
                    held.append(message)  # The body is ready; both are sent at once.
                    return
            elif held and _is_last(message):
                await exchange.send_whole(held.pop(), message)
                return
            elif held:
                await exchange.track_and_send(held.pop())
            await exchange.track_and_send(message)

        try:
            await answer_through(handler, exchange, path, send)
        except Exception as error:
            if not charges:
                raise
            await answer_error_through(exchange, error, send)

    return add_headers


def _is_last(message: Message) -> bool:
    """Return whether a message has the whole body."""
    return message["type"] == "http.response.body" and not message.get("more_body", False)


def _headers_of(charges: Charges) -> list[tuple[bytes, bytes]]:
    """Return the headers that tell what is left of the limits of a request."""
    return [pair for limit, charged in charges for pair in limit.headers(charged)]


def refuse_waiting_for_itself(plan: RoutePlan) -> None:
    """Refuse a limit in SQLite that would wait for the transaction of its own request.

    A file of SQLite has one transaction that writes. Once the session of a request has it, the
    limit of the same request cannot be counted.

    Raises:
        SetupError: A dependency before the limit has a session that writes.
    """
    if plan.methods.issubset(READING):
        return
    before: set[object] = set()
    for step in order_calls(plan.root):
        marker = step.call.marker
        if isinstance(marker, RateLimit) and marker.limits.excluded_session in before:
            raise setup_error(
                f"{marker!r} is counted in the SQLite file of a session that is open before it",
                "the function of `by` uses db.session, or the limit comes after Idempotent",
                "db.read_session in the function of `by`, or the limit first in `dependencies`",
            )
        if marker is not None:
            before.add(marker.dependency)
