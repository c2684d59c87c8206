"""Redirects to another path of the same server."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response
from starlette.types import Scope

#: The characters that need no quoting in a path and a query (RFC 3986, sections 3.3 and 3.4).
PATH = "/:@!$&'()*+,;="
QUERY = PATH + "?%[]"


def redirect_to_path(scope: Scope) -> Response:
    """Return a redirect (307) to the path and query of a scope.

    The location does not contain a host (RFC 9110, section 10.2.2), so the `Host` header of a
    client or proxy cannot send the client elsewhere, and the outer scheme need not be guessed.
    """
    location = quote(scope["path"], safe=PATH)
    if location.startswith("//"):
        # A browser would read the text after the two slashes as a host.
        location = "/%2F" + location[2:]
    query: bytes = scope.get("query_string", b"")
    if query:
        location += "?" + quote(query, safe=QUERY)
    response = Response(status_code=307)
    response.headers["location"] = (
        location  # After the content-length, as in Starlette's redirects.
    )
    return response
