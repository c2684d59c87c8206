"""The decorators for HTTP methods, once, for the application and the router."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from typing_extensions import Unpack

from pronghorn.core.typed_kwargs import expanded_signature, keywords_for
from pronghorn.declare.options import ROUTE_DEFAULTS, ApiRouteOptions, RouteOptions
from pronghorn.types import DecoratedCallable


class Decorator(Protocol):
    """Takes an endpoint and gives the same one back, so that type checkers still know its type.

    A protocol, because an alias of a generic `Callable` would be solved too early: as `Never`.
    """

    def __call__(self, endpoint: DecoratedCallable, /) -> DecoratedCallable:
        """Record the endpoint."""


class Verbs:
    """`get`, `post` and the other decorators; each is `api_route` with one method."""

    def api_route(
        self, path: str, **options: Unpack[ApiRouteOptions]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare an operation with the given `methods`."""
        raise NotImplementedError

    def _operation(self, method: str, path: str, options: Any) -> Decorator:
        keywords = keywords_for(self.api_route, ROUTE_DEFAULTS, options)
        return self.api_route(path=path, methods=[method], **keywords)

    @expanded_signature(RouteOptions)
    def get(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a GET operation: read something (RFC 9110, section 9.3.1).

        Args:
            path: The path, with parameters in braces: ``"/items/{item_id}"``.
            options: See `RouteOptions`.
        """
        return self._operation("GET", path, options)

    @expanded_signature(RouteOptions)
    def put(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a PUT operation: create or replace something; see `get`."""
        return self._operation("PUT", path, options)

    @expanded_signature(RouteOptions)
    def post(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a POST operation: create something, or act; see `get`."""
        return self._operation("POST", path, options)

    @expanded_signature(RouteOptions)
    def delete(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a DELETE operation: remove something; see `get`."""
        return self._operation("DELETE", path, options)

    @expanded_signature(RouteOptions)
    def options(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare an OPTIONS operation: tell what is possible; see `get`."""
        return self._operation("OPTIONS", path, options)

    @expanded_signature(RouteOptions)
    def head(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a HEAD operation: GET without the body; see `get`."""
        return self._operation("HEAD", path, options)

    @expanded_signature(RouteOptions)
    def patch(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a PATCH operation: change a part of something; see `get`."""
        return self._operation("PATCH", path, options)

    @expanded_signature(RouteOptions)
    def trace(self, path: str, **options: Unpack[RouteOptions]) -> Decorator:
        """Declare a TRACE operation: echo the request; see `get`."""
        return self._operation("TRACE", path, options)
