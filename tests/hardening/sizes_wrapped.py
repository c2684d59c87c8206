"""The program of the sizes inside a layer that pronghorn does not know."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from tests.hardening.sizes_program import app as inside


class Layer:
    """Passes every call on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


app = Layer(inside)
