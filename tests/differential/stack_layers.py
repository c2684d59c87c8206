"""The middleware of generated stacks: Starlette's, and that of a program."""

from __future__ import annotations

from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse


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
