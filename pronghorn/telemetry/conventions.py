"""Convert ASGI scopes and errors to the attributes of the semantic conventions for HTTP servers.

https://opentelemetry.io/docs/specs/semconv/http/
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from opentelemetry.propagators.textmap import Getter
from starlette.exceptions import HTTPException, WebSocketException
from starlette.types import Scope
from starlette.websockets import WebSocketDisconnect

from pronghorn.core.secret_names import is_secret, may_have_secret
from pronghorn.core.served import is_served_by_command
from pronghorn.exceptions import RequestValidationError, WebSocketRequestValidationError

Attributes = dict[str, str | int]

KNOWN_METHODS = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
)
METHODS_VARIABLE = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"
PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
#: Query parameters that contain credentials; case matters, as the conventions say.
SECRET_PARAMETERS = frozenset(
    ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "X-Goog-Signature", "sig")
)
#: The longest host whose parts are kept.
_LONGEST = 128
#: Matches a query that is the same once it is split and joined again.
_UNCHANGED = re.compile(r"[\w.~-]+=[\w.~-]*(?:&[\w.~-]+=[\w.~-]*)*", re.ASCII).fullmatch
#: Close codes of clients that left regularly (RFC 6455, 7.4.1).
USUAL_CLOSE_CODES = (1000, 1001)
#: Exceptions that a program raises to send a response.
ANSWERS = (
    HTTPException,
    WebSocketException,
    RequestValidationError,
    WebSocketRequestValidationError,
)


def list_methods() -> frozenset[str]:
    """Return the methods by which requests may be grouped; others are all "_OTHER"."""
    names = (method.strip() for method in os.environ.get(METHODS_VARIABLE, "").split(","))
    return frozenset(name for name in names if name) or KNOWN_METHODS


def request_method(scope: Scope, known: frozenset[str]) -> str:
    """Return the method as an attribute: one of the known ones, or "_OTHER"."""
    method: str = scope["method"]
    return method if method in known else "_OTHER"


def span_attributes(scope: Scope, method: str) -> Attributes:
    """Return the attributes that are known before the response; samplers decide by them."""
    if scope["type"] == "websocket":
        return {
            "url.scheme": scope.get("scheme", "ws"),
            "network.protocol.name": "websocket",
            **server_attributes(scope),
        }
    host = _host(scope)
    if host is None or len(host) > _LONGEST or method == "_OTHER":
        found = _attributes_of_client(scope, method)
    else:
        # Most requests of a program have few hosts, so their attributes are known.
        scheme, version = scope.get("scheme", "http"), scope.get("http_version")
        found = _look_up_attributes(scheme, method, version, host).copy()
    found["url.path"] = scope["path"]
    query = scope.get("query_string", b"")
    if query:
        found["url.query"] = redact_query(query)
    return found


def _attributes_of_client(scope: Scope, method: str) -> Attributes:
    """Return the attributes of a request that do not depend on its target, in their order."""
    found: Attributes = {**metric_attributes(scope, method)}
    if method == "_OTHER":
        found["http.request.method_original"] = scope["method"]
    found |= protocol_attributes(scope)
    found |= server_attributes(scope)
    return found


@lru_cache(maxsize=256)
def _look_up_attributes(scheme: str, method: str, version: str | None, host: bytes) -> Attributes:
    """Return what `_attributes_of_client` returns for these parts of a scope; do not change it."""
    parts = {"scheme": scheme, "http_version": version, "headers": [(b"host", host)]}
    return _attributes_of_client(parts, method)


def _host(scope: Scope) -> bytes | None:
    """Return the first `Host` header, or None."""
    for name, value in scope["headers"]:
        if name == b"host":
            return bytes(value)
    return None


def metric_attributes(scope: Scope, method: str) -> Attributes:
    """Return the attributes by which active requests are counted."""
    return {"url.scheme": scope.get("scheme", "http"), "http.request.method": method}


def protocol_attributes(scope: Scope) -> Attributes:
    """Return the version of HTTP, if the server reports it."""
    version = scope.get("http_version")
    return {"network.protocol.version": version} if version else {}


def server_attributes(scope: Scope) -> Attributes:
    """Return the host that the client addressed, else the one that listens."""
    found_host = _host(scope)
    if found_host is not None:
        host, scheme = found_host.decode("latin-1"), scope.get("scheme", "")
        # Clients choose the host, so the longer ones are not kept.
        return _authority(host, scheme) if len(host) <= _LONGEST else _split(host, scheme)
    server = scope.get("server")
    if not server or not server[0]:
        return {}
    found: Attributes = {"server.address": server[0]}
    if server[1] is not None:
        found["server.port"] = server[1]
    return found


def _split(host: str, scheme: str) -> Attributes:
    """Return host and port of a `Host` header (RFC 9110, 7.2); nothing if it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        port = parts.port
    except ValueError:
        return {}
    if not parts.hostname or parts.netloc != host or "@" in host:
        return {}
    found: Attributes = {"server.address": parts.hostname}
    if port is None:
        port = PORTS.get(scheme)
    if port is not None:
        found["server.port"] = port
    return found


_authority = lru_cache(maxsize=256)(_split)


def redact_query(query: bytes) -> str:
    """Return a query string with its credentials replaced."""
    text = query.decode("latin-1")
    if _UNCHANGED(text) and not may_have_secret(text):
        return text
    pairs = parse_qsl(text, keep_blank_values=True)
    return urlencode(
        [(name, "REDACTED" if _is_credential(name) else value) for name, value in pairs]
    )


def _is_credential(name: str) -> bool:
    return name in SECRET_PARAMETERS or (is_served_by_command() and is_secret(name))


def type_name(error: BaseException) -> str:
    """Return the type of an error as an attribute: `shop.errors.SoldOut`, `ValueError`."""
    return name_function(type(error)).removeprefix("builtins.")


def name_function(function: Any) -> str:
    """Return the name of a function or class as an attribute; of another callable, its class.

    Our own ones have the names that they have in FastAPI, so that existing searches still work.
    """
    named = function if hasattr(function, "__qualname__") else type(function)
    module = str(named.__module__)
    if module.partition(".")[0] == "pronghorn":
        module = "fastapi" + module.removeprefix("pronghorn")
    return f"{module}.{named.__qualname__}"


def is_answer(error: BaseException) -> bool:
    """Return True if an exception is not a failure: a response, or a client that has left."""
    if isinstance(error, WebSocketDisconnect):
        return error.code in USUAL_CLOSE_CODES
    return isinstance(error, ANSWERS)


@lru_cache(maxsize=64)
def _header_name(key: str) -> bytes:
    """Return the name of a header as ASGI scopes have it; propagators ask for few."""
    return key.lower().encode("latin-1")


class HeaderGetter(Getter[Any]):
    """Reads ASGI headers for OpenTelemetry's propagators."""

    def get(self, carrier: Any, key: str) -> list[str] | None:
        """Return all values of a header, whatever the case of its name."""
        wanted = _header_name(key)
        values = [value.decode("latin-1") for name, value in carrier if name.lower() == wanted]
        if not values:
            return None
        if wanted == b"baggage":
            # W3C Baggage may come in several headers; the propagator reads only the first.
            return [",".join(values)]
        return values

    def keys(self, carrier: Any) -> list[str]:
        """Return the names of all headers, in lower case."""
        return [name.decode("latin-1").lower() for name, _ in carrier]
