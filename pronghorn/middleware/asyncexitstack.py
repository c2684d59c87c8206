"""An exit stack for each request, closed after the response is sent."""

from contextlib import AsyncExitStack

from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.core.reexports import find_elsewhere


class AsyncExitStackMiddleware:
    """Puts an `AsyncExitStack` into the scope and closes it when the application returns.

    Args:
        app: The application to wrap.
        context_name: The key of the stack in the scope.
    """

    def __init__(self, app: ASGIApp, context_name: str = "fastapi_middleware_astack") -> None:
        self.app = app
        self.context_name = context_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as stack:
            scope[self.context_name] = stack
            await self.app(scope, receive, send)


find_elsewhere(__name__)
