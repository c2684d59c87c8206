"""Redirects to another path of the same server."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response
from starlette.types import Scope

#: What may stand unquoted in a path and a query (RFC 3986, sections 3.3 and 3.4).
PATH = "/:@!$&'()*+,;="
QUERY = PATH + "?%[]"


def redirect_to_path(scope: Scope) -> Response:
    """Redirect (307) to the path of a scope; its query goes along.

    The location names no host, so what a client or a proxy writes into ``Host`` leads nowhere
    else (RFC 9110, section 10.2.2), and needs no guess at the outer scheme.
    """
    location = quote(scope["path"], safe=PATH)
    if location.startswith("//"):
        # A browser would take what follows for a host.
        location = "/%2F" + location[2:]
    query: bytes = scope.get("query_string", b"")
    if query:
        location += "?" + quote(query, safe=QUERY)
    response = Response(status_code=307)
    response.headers["location"] = location  # After the length, as Starlette's redirects have it.
    return response
