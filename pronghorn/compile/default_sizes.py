"""The sizes of bodies that an application holds where the program has not said otherwise.

`pronghorn run` and `FastAPI(hardened=True)` limit bodies: JSON and other text to a small size,
uploads to a greater one. A limit that the program wrote, on whatever level, comes before it.

Most bodies declare a length within the limits, and pass without another call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.responses import PlainTextResponse
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.compile.dispatch import Answerer, FoundRoute
from pronghorn.compile.limits import BodyLimit, is_json_body
from pronghorn.core.refused import advise, log_refused
from pronghorn.core.uploads import is_upload
from pronghorn.declare.option_inheritance import choose_limit, limits_inside
from pronghorn.run.exchange import Exchange

#: Bytes that a server may have received of a request before it starts to answer. Limits below that
#: are checked for bodies that have arrived as a whole, too.
MOST_AT_ONCE = 524_288
#: The most mounts in mounts that are looked into.
MOST_LEVELS = 50
MANY_PARAMETERS = "The query of the request has too many parameters."


class Sizes(NamedTuple):
    """The limits of one application; None means no limit.

    Attributes:
        json_body: Bytes of a body that is no upload.
        upload: Bytes of a body of files or of binary data.
        parameters: Number of parameters of a query.
    """

    json_body: int | None
    upload: int | None
    parameters: int | None

    @property
    def smallest(self) -> int | None:
        """Return the smaller limit of bodies."""
        return min((size for size in self[:2] if size is not None), default=None)


class DefaultSizes:
    """The layer of an application that counts the bodies which may be too long.

    It is inside the layer for unhandled errors and outside of the program's middleware.

    Args:
        app: The layers inside.
        sizes: The limits.
        owner: The application whose routes may have limits of their own.
    """

    def __init__(self, app: ASGIApp, sizes: Sizes, owner: Any) -> None:
        #: The application inside, under the name by which tools walk through a stack.
        self.app = app
        self.sizes = sizes
        self._smallest = sizes.smallest
        self._owner = owner
        self._advice = advise("parameters", sizes.parameters or 0)

    def concern(self, scope: Scope) -> bool:
        """Return True if a request may be beyond a limit, so that this layer has to be called."""
        most, query = self.sizes.parameters, scope["query_string"]
        return has_more(query, most) or self._may_be_long(scope["headers"], scope["http_version"])

    def lets_pass(self, exchange: Exchange) -> bool:
        """Return True if a request declares that its body is within the limits.

        A server that makes the scope later need not make it for that.
        """
        length, smallest = exchange.header(b"content-length"), self._smallest
        if length is None or not length.isdigit():
            return False
        if smallest is not None and int(length) > smallest:
            return False
        return not has_more(exchange.query_string, self.sizes.parameters)

    def _may_be_long(self, headers: Iterable[tuple[bytes, bytes]], version: str) -> bool:
        """Return True if a body has no declared length, or one beyond the smaller limit."""
        if self._smallest is None:
            return False
        is_chunked = version not in {"1.0", "1.1"}  # HTTP/2 has bodies without a length.
        for name, value in headers:
            if name == b"content-length":
                return not value.isdigit() or int(value) > self._smallest
            if name == b"transfer-encoding":
                is_chunked = True
        return is_chunked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.concern(scope):
            await self.app(scope, receive, send)
            return
        if has_more(scope["query_string"], self.sizes.parameters):
            log_refused(scope, 400, f"{MANY_PARAMETERS} {self._advice}")
            await PlainTextResponse(MANY_PARAMETERS, 400)(scope, receive, send)
            return
        limit = self._limit_for(scope)
        if limit is None:
            await self.app(scope, receive, send)
        else:
            await BodyLimit(self.app, limit)(scope, receive, send)

    def _limit_for(self, scope: Scope) -> int | None:
        """Return the limit of a request; None if an outer application has set one."""
        if MAX_BODY_SIZE_SCOPE_KEY in scope:
            return None
        options = find_options(self._owner, scope)
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        untyped = bool(options["strict_content_type"])
        is_file = not options.get("is_json") and is_upload(kind, untyped=untyped)
        own = choose_limit(options, is_upload=is_file)
        if own is not None:
            return own
        return self.sizes.upload if is_file else self.sizes.json_body

    def is_usual(self, parameters: int) -> bool:
        """Return True if requests whose bodies have arrived need not be checked.

        Args:
            parameters: The number of parameters that the server lets pass.
        """
        of_server = self.sizes.parameters is None or parameters <= self.sizes.parameters
        return of_server and (self._smallest is None or self._smallest >= MOST_AT_ONCE)

    def answerer(self, outside: Answerer) -> Answerer:
        """Return the answerer of requests whose bodies have not arrived as a whole.

        Args:
            outside: The application with all of its layers.
        """
        return _Counting(self, outside)


class _Counting:
    """Lets the layer that counts answer, as far as a request concerns it."""

    def __init__(self, layer: DefaultSizes, outside: Any) -> None:
        self._layer = layer
        self._outside = outside
        self.search, self.recover = outside.search, outside.recover

    def find(self, exchange: Exchange) -> FoundRoute | None:
        """Return the layer, or what the application itself finds."""
        if self._layer.lets_pass(exchange) or not self._layer.concern(exchange.scope):
            found: FoundRoute | None = self._outside.find(exchange)
            return found
        return self._count, {}

    async def _count(self, exchange: Exchange, path: Mapping[str, Any]) -> None:
        exchange.use_scope()
        await self._layer(exchange.scope, exchange.receive, exchange.track_and_send)


def has_more(query: bytes, most: int | None) -> bool:
    """Return True if a query has more parameters than `most`; None is any number."""
    return most is not None and len(query) >= most and query.count(b"&") >= most


def find_options(owner: Any, scope: Scope) -> dict[str, Any]:
    """Return the options of the program for the body of a request.

    Args:
        owner: An application, a router, or a layer around one.
        scope: The request.

    Returns:
        The innermost limits of bodies and `strict_content_type`, as far as they are set, and
        `is_json`, whether the route parses JSON.
    """
    found: dict[str, Any] = {}
    for _ in range(MOST_LEVELS):
        while not hasattr(owner, "routes") and hasattr(owner, "app"):
            owner = owner.app
        for level in (owner, getattr(owner, "router", None)):
            found = _options_inside(found, level)
        for route in getattr(owner, "routes", ()):
            match, child = route.matches(scope)
            if match is Match.FULL:
                break
        else:
            return found
        found = _options_inside(found, route)
        found["is_json"] = is_json_body(getattr(route, "plan", None))
        owner, scope = getattr(route, "app", None), {**scope, **child}
        if not (hasattr(owner, "routes") or hasattr(owner, "app")):
            break
    return found


def _options_inside(outer: dict[str, Any], level: Any) -> dict[str, Any]:
    strict = getattr(level, "strict_content_type", outer.get("strict_content_type", True))
    return {**limits_inside(outer, level), "strict_content_type": strict}
