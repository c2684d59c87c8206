"""The responses that a battery keeps for a route, as the engine sees them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from starlette.responses import Response
from starlette.types import Scope

from pronghorn.params import Depends
from pronghorn.plan.model import RoutePlan

#: Lets the endpoint run, and returns its response.
Fill = Callable[[], Awaitable[Response]]


class RouteCache(Protocol):
    """The stored responses of one route."""

    async def find(self, scope: Scope, renew: Fill) -> Response | None:
        """Return the stored response to a request, or None; only for routes without `vary`.

        Args:
            scope: The request.
            renew: Lets the whole route run again, beside the requests and with a time limit.
        """

    async def begin(self, scope: Scope) -> Any:
        """Return what marks this moment, for `respond`.

        It is called if dependencies in `ResponseCache.vary`, or those that lead to a security
        scheme, have exit code: a transaction that they open may show older data to the endpoint.

        Args:
            scope: The request.
        """

    async def respond(
        self, scope: Scope, values: Sequence[Any], mark: Any, fill: Fill, renew: Fill
    ) -> Response:
        """Return the response to a request: a stored one, or that of the endpoint.

        Args:
            scope: The request.
            values: The results of the dependencies in `ResponseCache.vary`.
            mark: The result of `begin`; None if it was not called.
            fill: Lets the endpoint of this request run; call it once at most.
            renew: As for `find`.
        """


class ResponseCache(Protocol):
    """The value of the option `cache`.

    Attributes:
        vary: The dependencies that run for every request, before a response is looked up. So do
            those that lead to a security scheme; `find_guards` lists them.
    """

    vary: Sequence[Depends]

    def open_route(self, plan: RoutePlan) -> RouteCache:
        """Return the stored responses of one route, when it is compiled."""
