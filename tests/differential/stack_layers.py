"""The middleware of generated stacks: Starlette's, and that of a program."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Call = Callable[[Request], Awaitable[Response]]


class OwnCORS(CORSMiddleware):
    """A subclass, which is not compiled."""


class Recording:
    """Notes every message that passes."""

    def __init__(self, app: Any, noted: list[Any]) -> None:
        self.app = app
        self.noted = noted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            self.noted.append({**message, "headers": list(message.get("headers", ()))})
            await send(message)

        try:
            await self.app(scope, receive, note if scope["type"] == "http" else send)
        except BaseException as error:
            self.noted.append(type(error).__name__)
            raise


class Passing:
    """Passes on the very arguments of its call."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Copying:
    """Passes on a scope of its own."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(dict(scope), receive, send)


class Catching:
    """Answers errors itself, outside of the `send` of the layers inside."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.app(scope, receive, send)
        except LookupError:
            await JSONResponse({"caught": True}, 503)(scope, receive, send)


async def adding(request: Request, call_next: Call) -> Response:
    """Add a header, and `Vary`."""
    response = await call_next(request)
    response.headers["x-added"] = "1"
    response.headers.add_vary_header("X-Added")
    return response


async def reading(request: Request, call_next: Call) -> Response:
    """Read the body, and the session if there is one."""
    await request.body()
    if "session" in request.scope:
        request.session["seen"] = request.session.get("seen", 0) + 1
    return await call_next(request)


async def refusing(request: Request, call_next: Call) -> Response:
    """Answer some requests itself."""
    if "x-refuse" in request.headers:
        return Response("refused " * 100, 403)
    return await call_next(request)


FUNCTIONS = {"adding": adding, "reading": reading, "refusing": refusing}
CLASSES: dict[str, Any] = {
    "cors": CORSMiddleware,
    "gzip": GZipMiddleware,
    "hosts": TrustedHostMiddleware,
    "https": HTTPSRedirectMiddleware,
    "session": SessionMiddleware,
    "own cors": OwnCORS,
    "passing": Passing,
    "copying": Copying,
    "catching": Catching,
}
