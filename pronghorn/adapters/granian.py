"""Correct what Granian's ASGI reports about requests and does with responses.

Granian (2.8) parses requests in Rust and passes them on as ASGI. Some of it deviates from ASGI or
HTTP:

- Ports are strings, HTTP/1.0 is called "1", and a query may contain bytes that are not ASCII.
- Requests arrive that HTTP forbids: for targets that are not a path, without a valid Host, with
  unknown transfer codings (`granian_refusals`).
- A body with invalid chunks ends as if the client had disconnected, so the response would be 500.
- The response to HEAD keeps its body over HTTP/2, which clients treat as a broken stream.
- After a client has left a stream, `send` no longer waits: the event loop would never run again,
  and each part that is sent in vain is a line of the log.
- A message that the client sends while a wait for it is cancelled is lost (`granian_inbox`).
- The end of a WebSocket is not reported well, and its messages may be long (`granian_websockets`).
- The lifespan ends while background tasks of requests still run.

Each is corrected here, before all middleware. `correct_application` does it for an application of
ours in a process that has loaded Granian; `GranianRequests` does it for any other application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, NoReturn
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.adapters.granian_inbox import Inbox
from pronghorn.adapters.granian_log import escape_access_log, unsent_parts, watch_unsent_parts
from pronghorn.adapters.granian_refusals import find_refusal, has_path, refuse
from pronghorn.adapters.granian_shutdown import running, serve_lifespan, serving
from pronghorn.adapters.granian_websockets import serve_websocket
from pronghorn.adapters.request_heads import Refusal
from pronghorn.adapters.server_limits import ServerLimits, read_limits
from pronghorn.core.setup_errors import setup_error
from pronghorn.hooks import Around, wanted_around

#: An extension of ASGI that distinguishes Granian's scopes from those of other servers.
SIGN = "http.response.pathsend"
#: Number of parts of a stream after which other tasks get a turn.
PARTS_IN_A_TURN = 16
#: Seconds to pause a stream after sending to a client that has left.
PAUSE = 0.001
#: A body of more than `LONG_BODY` bytes is sent in parts of `PART_OF_BODY` bytes, as fast as the
#: client reads.
LONG_BODY = 1_048_576
PART_OF_BODY = 262_144
CLOSE = (b"connection", b"close")
BROKEN_BODY: Refusal = 400, "The body of the request is broken or incomplete."
#: The characters that percent-encoding a query leaves unchanged: all visible ones of ASCII.
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
INSTEAD_OF_RSGI = (
    "pronghorn speaks ASGI to Granian: write `granian --interface asgi main:app` "
    "or `pronghorn run --server granian`."
)


def refuse_rsgi() -> NoReturn:
    """Raise the `SetupError` that says how to start Granian instead of by RSGI."""
    raise setup_error(INSTEAD_OF_RSGI)


class GranianRequests:
    """An ASGI application behind Granian, with requests and responses corrected.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._limits = read_limits()
        watch_unsent_parts()
        escape_access_log()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return an awaitable that serves one request, connection or lifespan."""
        return serve(self.app, self._limits, scope, receive, send)


class UnderRootPath:
    """An ASGI application that a proxy publishes under a prefix, which the proxy removes.

    Granian's option for it leaves the prefix out of `path`. uvicorn and ASGI include it.

    Args:
        app: The application.
        root_path: The prefix.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path
        self._raw = root_path.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope["root_path"] = self._root_path
            if has_path(scope):
                scope["path"] = self._root_path + scope["path"]
                scope["raw_path"] = self._raw + scope["raw_path"]
        await self._app(scope, receive, send)


class GranianAround:
    """A layer around one of our applications, and around its telemetry.

    Args:
        telemetry: The layer that was around the application before.
    """

    def __init__(self, telemetry: Around | None) -> None:
        self._telemetry = telemetry
        self._limits = read_limits()

    def __call__(
        self, *, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> Awaitable[None]:
        around = self._telemetry = self._telemetry or wanted_around(scope["type"])
        inside = app if around is None else _Inside(around, app)
        return serve(inside, self._limits, scope, receive, send)

    def is_active(self) -> bool:
        """Return whether telemetry is active; without Granian, this class adds nothing else."""
        around = self._telemetry = self._telemetry or wanted_around("http")
        return around is not None and around.is_active()


class _Inside:
    """An application together with the layer around it, as one ASGI application."""

    def __init__(self, around: Around, app: ASGIApp) -> None:
        self._around = around
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._around(app=self._app, scope=scope, receive=receive, send=send)


def correct_application(app: Any) -> None:
    """Add the corrections in front of one of our applications; only once for each."""
    if not isinstance(app._around, GranianAround):
        app._around = GranianAround(app._around)
        watch_unsent_parts()
        escape_access_log()


def serve(
    app: ASGIApp, limits: ServerLimits, scope: Scope, receive: Receive, send: Send
) -> Awaitable[None]:
    """Return an awaitable that calls an application with the corrected arguments of a call.

    Calls of other servers stay as they are, in a process that has loaded Granian without using it.

    Args:
        app: The application.
        limits: The limits of the server.
        scope: The scope of the call.
        receive: Receives a message of the client.
        send: Sends a message to the client.
    """
    kind = scope["type"]
    if kind == "lifespan":
        return serve_lifespan(app, scope, receive, send)
    if SIGN not in (scope.get("extensions") or ()):
        return app(scope, receive, send)
    correct_scope(scope)
    refusal = find_refusal(scope, limits)
    if refusal is not None:
        return refuse(scope, send, refusal)
    if kind == "websocket":
        return serve_websocket(app, scope, receive, send)
    if scope["method"] == "HEAD" and scope["http_version"] == "2":
        send = _without_body(send)
    return _serve_request(app, scope, receive, send)


def correct_scope(scope: Scope) -> None:
    """Change a scope to what ASGI requires; a correct scope stays as it is."""
    for name in ("client", "server"):
        address = scope.get(name)
        if address is not None and type(address[1]) is str:
            scope[name] = (address[0], int(address[1]))
    if scope.get("http_version") == "1":
        scope["http_version"] = "1.0"
    query = scope["query_string"]
    if not query.isascii():
        scope["query_string"] = quote(query, VISIBLE).encode("ascii")


# --- requests ---------------------------------------------------------------------------------


async def _serve_http(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    request = _Request(scope, receive, send)
    running.requests += 1
    try:
        await app(scope, request.receive, request.send)
    except ClientDisconnect:
        if not request.is_broken:
            raise
        await request.refuse()
    finally:
        running.requests -= 1
        request.inbox.end()


async def _serve_last(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a request whose response asks the client to close the connection, over HTTP/1."""
    is_old = scope["http_version"].startswith("1")
    await _serve_http(app, scope, receive, _asking_to_close(send) if is_old else send)


def _asking_to_close(send: Send) -> Send:
    async def send_last(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), CLOSE]}
        await send(message)

    return send_last


#: How requests are served: the one way, until another process takes the place of this one.
_serve_request = _serve_http


def _ask_clients_to_close() -> None:
    global _serve_request  # noqa: PLW0603 - a flag would be read in each request
    _serve_request = _serve_last


serving.ask_clients_to_close = _ask_clients_to_close


def _without_body(send: Send) -> Send:
    """Return a `send` that omits the body, as Granian does over HTTP/1 for HEAD."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head


class _Request:
    """The `receive` and `send` of one request; they notice a body that was broken off.

    Granian reports a client that has left in the same way as chunks that it cannot parse. A client
    that has left does not read the response, so 400 is right for both.
    """

    __slots__ = ("_has_body", "_parts", "_scope", "_send", "_started", "inbox", "is_broken")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self.inbox = Inbox(receive)
        self._send = send
        self._has_body = True
        self._parts = 0
        self._started = False
        #: True if the body ended too early.
        self.is_broken = False

    async def receive(self) -> Message:
        """Return the next message of the client."""
        message = await self.inbox.take()
        if message["type"] == "http.request":
            self._has_body = message.get("more_body", False)
        elif self._has_body and not self._started:
            self.is_broken = True
        return message

    def send(self, message: Message) -> Any:
        """Return an awaitable that sends a message."""
        if self.is_broken:
            return self._send_unless_failed(message)
        self._started = True
        if message.get("more_body", False):
            return self._send_part(message)
        if len(message.get("body", b"")) > LONG_BODY:
            return self._send_long(message)
        return self._send(message)

    async def _send_long(self, message: Message) -> None:
        """Send a long body in parts: Granian copies all of it, however slow the reader is."""
        body = memoryview(message["body"])
        for start in range(0, len(body), PART_OF_BODY):
            part = bytes(body[start : start + PART_OF_BODY])
            await self._send_part({**message, "body": part, "more_body": True})
        await self._send({**message, "body": b"", "more_body": False})

    async def _send_part(self, message: Message) -> None:
        """Send a part of a stream, and let other tasks run from time to time.

        Once the client has left, Granian discards what it is sent and does not wait. Another thread
        of Granian reports the end to those who receive. It needs the GIL, and may wait for it long
        beside streams that never wait; other requests do not arrive meanwhile either. So a stream
        pauses after a part that was discarded: the event loop then waits, without the GIL.
        """
        unsent = unsent_parts()
        sending = self._send(message)
        is_lost = unsent_parts() != unsent
        await sending
        self._parts += 1
        if is_lost:
            await asyncio.sleep(PAUSE)
        elif self._parts % PARTS_IN_A_TURN == 0:
            await asyncio.sleep(0)

    async def _send_unless_failed(self, message: Message) -> None:
        """Send 400 in place of a response that reports a failure of the server."""
        if not self._started and message.get("status", 500) < 500:
            self.is_broken = False
            await self.send(message)
        else:
            await self.refuse()

    async def refuse(self) -> None:
        """Send 400, unless a response has begun."""
        if not self._started:
            self._started = True
            await refuse(self._scope, self._send, BROKEN_BODY)
