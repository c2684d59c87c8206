"""Compress responses for clients that accept gzip."""

from collections.abc import Iterable
from functools import wraps
from typing import TYPE_CHECKING

from starlette.middleware.gzip import GZipMiddleware as StarletteGZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.setup_errors import passes_on

__all__ = ["GZipMiddleware"]

#: Marks the start of a response that is not encoded yet, on its way through the middleware.
_PLAIN = "pronghorn.plain"


class GZipMiddleware(StarletteGZipMiddleware):
    """Starlette's middleware, with the entity tag that RFC 9110, section 8.8.1, requires.

    A strong tag identifies the bytes of a response. Compressing changes the bytes, so the tag
    becomes a weak one, as proxies do it: `"abc"` is sent as `W/"abc"`.

    Args:
        app: The application inside; `app.add_middleware` passes it.
        minimum_size: Smaller responses, in bytes, are not compressed; 500 by default.
        compresslevel: 1 for the fastest compression to 9 for the smallest result, the default.
        exclude_content_types: Content types that are not compressed, such as `("image/*",)`; by
            default those of data that is compressed already, and event streams.
        thread_minimum_size: A larger response, in bytes, is compressed in a worker thread.
    """

    if not TYPE_CHECKING:  # Its type and its signature are those of Starlette's class.

        @passes_on
        @wraps(StarletteGZipMiddleware.__init__)
        def __init__(self, app, *args, **options):
            super().__init__(_Marking(app), *args, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, compressed if that is worth it and the client accepts it."""
        await super().__call__(scope, receive, send_with_tag(send))


class _Marking:
    """The application inside; its responses are marked if they are not encoded."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send_marked(send) if scope["type"] == "http" else send)


def send_marked(send: Send) -> Send:
    """Return a `send` that marks the head of a response that is not encoded yet."""

    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, _PLAIN: not _is_compressed(message)}
        await send(message)

    return send_marked


def send_with_tag(send: Send) -> Send:
    """Return a `send` that weakens the entity tag of a response that was encoded meanwhile."""

    async def send_with_tag(message: Message) -> None:
        if message.pop(_PLAIN, False) and _is_compressed(message):
            message["headers"] = with_weak_tag(message["headers"])
        await send(message)

    return send_with_tag


def with_weak_tag(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return headers, with each entity tag turned into a weak one."""
    return [_weak(name, value) for name, value in headers]


def _is_compressed(message: Message) -> bool:
    return any(name == b"content-encoding" for name, _ in message.get("headers", ()))


def _weak(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return a header, with an entity tag turned into a weak one."""
    return name, (b"W/" + value if name == b"etag" and not value.startswith(b"W/") else value)


find_elsewhere(__name__)
