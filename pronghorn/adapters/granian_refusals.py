"""Refuse requests that Granian lets pass although RFC 9110, 9112 or 6455 forbids them.

Granian adds an empty Host to a request that has none, and does not report the method of a
WebSocket handshake or the authority of an absolute target; docs/reliability.md lists what is
hidden from this module.
"""

from __future__ import annotations

from typing import Any

from starlette.types import Scope, Send

from pronghorn.adapters.request_heads import (
    LONG_HEAD,
    LONG_LINE,
    MANY_FIELDS,
    MANY_PARAMETERS,
    VERSION_BYTES,
    Refusal,
    explain_refusal,
    has_more_parameters,
    is_websocket_key,
    judge_head,
    measure_fields,
)
from pronghorn.adapters.server_limits import ServerLimits, read_limits
from pronghorn.core.refused import log_refused
from pronghorn.run.exchange import RawHeaders

#: The headers that are checked. Most requests have one of them, Host.
_HTTP = frozenset([b"host", b"transfer-encoding"])
_KEY, _VERSION = b"sec-websocket-key", b"sec-websocket-version"
_WEBSOCKET = _HTTP | {_KEY, _VERSION}

NO_PATH: Refusal = 400, "The target of the request is not a path."
BAD_KEY: Refusal = 400, "The request has no valid Sec-WebSocket-Key."
BAD_VERSION: Refusal = 400, "The request has more than one Sec-WebSocket-Version."
TOO_OLD: Refusal = 400, "A WebSocket needs HTTP/1.1."


def find_refusal(scope: Scope, limits: ServerLimits) -> Refusal | None:
    """Return the refusal of a request, or None if it may be answered.

    Args:
        scope: The scope, corrected.
        limits: The limits of the server.
    """
    kind, version = scope["type"], scope["http_version"]
    if kind == "http" and not has_path(scope):
        return NO_PATH
    refusal = _judge_sizes(scope, limits)
    if refusal is not None or version not in {"1.0", "1.1"}:
        return refusal
    checked = _HTTP if kind == "http" else _WEBSOCKET
    found = [header for header in scope["headers"] if header[0] in checked]
    hosts = [value for name, value in found if name == b"host"]
    if version == "1.0" and hosts == [b""]:
        hosts = _remove_empty_host(scope)
    codings = [value for name, value in found if name == b"transfer-encoding"]
    refusal = judge_head(hosts, codings, version)
    if refusal is not None or kind == "http":
        return refusal
    return _judge_handshake(version, found)


def _judge_sizes(scope: Scope, limits: ServerLimits) -> Refusal | None:
    """Return the refusal of a request whose head is too long, as on uvicorn, or None."""
    query, headers = scope["query_string"], scope["headers"]
    target = len(scope.get("raw_path") or b"") + len(query) + bool(query)
    line = len(scope.get("method", "GET")) + 1 + target + VERSION_BYTES
    if limits.request_line and line > limits.request_line:
        return LONG_LINE
    if limits.header_count and len(headers) > limits.header_count:
        return MANY_FIELDS
    if limits.parameters and has_more_parameters(query, limits.parameters):
        return MANY_PARAMETERS
    if limits.head and measure_fields(headers) > limits.head:
        return LONG_HEAD
    return None


def _judge_handshake(version: str, found: RawHeaders) -> Refusal | None:
    if version == "1.0":
        return TOO_OLD
    keys = [value for name, value in found if name == _KEY]
    if len(keys) != 1 or not is_websocket_key(keys[0]):
        return BAD_KEY
    return None if sum(name == _VERSION for name, _ in found) == 1 else BAD_VERSION


def _remove_empty_host(scope: Scope) -> list[bytes]:
    scope["headers"] = [header for header in scope["headers"] if header[0] != b"host"]
    return []


def has_path(scope: Scope) -> bool:
    """Return True if a request names a path, or with OPTIONS the whole server (RFC 9112, 3.2)."""
    path: str = scope["path"]
    if path.startswith("/") or (scope.get("raw_path") or b"").startswith(b"/"):
        return True
    return path == "*" and scope.get("method") == "OPTIONS"


async def refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Reject a request or a WebSocket handshake; over HTTP/1 its connection is closed."""
    status, text = refusal
    log_refused(scope, status, explain_refusal(refusal, read_limits()))
    body = text.encode("ascii")
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain")]
    if scope["http_version"].startswith("1"):
        headers.append((b"connection", b"close"))
    kind = "websocket.http" if scope["type"] == "websocket" else "http"
    start: dict[str, Any] = {"type": f"{kind}.response.start", "status": status}
    await send({**start, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})
