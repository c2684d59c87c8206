"""Client and scheme as a trusted proxy tells them (`--proxy-headers`), without an ASGI call.

uvicorn wraps the application for it. The wrapper is taken off, so that requests reach the compiled
application directly, and is asked only about requests that have such headers.
"""

from __future__ import annotations

from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


def unwrapped(app: Any) -> tuple[ProxyHeadersMiddleware | None, Any]:
    """Take uvicorn's own wrapper off an application that can be called without ASGI.

    Returns:
        What reads the headers of proxies, which calls nothing after it; and the application, or
        None when something else stands around it.
    """
    proxy = None
    if type(app) is ProxyHeadersMiddleware:
        proxy = ProxyHeadersMiddleware(_no_app)  # type: ignore[arg-type]  # an application that does nothing
        proxy.trusted_hosts = app.trusted_hosts
        app = app.app
    return proxy, app if hasattr(app, "direct_answerer") else None


def believe_proxy(proxy: ProxyHeadersMiddleware, scope: Scope) -> None:
    """Put client and scheme into a scope, if the headers in it come from a trusted proxy."""
    _run_at_once(proxy(scope, _nothing, _nothing))  # type: ignore[arg-type]  # not called


async def _no_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Where the headers of proxies have been read, nothing is left to do."""


async def _nothing(*_: Any) -> None:
    """Neither received from nor sent to."""


def _run_at_once(coroutine: Any) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
