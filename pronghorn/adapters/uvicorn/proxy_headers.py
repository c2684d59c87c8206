"""Read client and scheme from a trusted proxy's headers (`--proxy-headers`), without an ASGI call.

uvicorn wraps the application for this. The wrapper is removed, so that requests reach the compiled
application directly, and is called only for requests that have such headers.
"""

from __future__ import annotations

from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


def unwrap_app(app: Any) -> tuple[ProxyHeadersMiddleware | None, Any]:
    """Remove uvicorn's own wrapper from an application that can be called without ASGI.

    Returns:
        A middleware that reads the headers of proxies and calls an application that does nothing,
        or None; and the application, or None if other code wraps it.
    """
    proxy = None
    if type(app) is ProxyHeadersMiddleware:
        proxy = ProxyHeadersMiddleware(_no_app)  # type: ignore[arg-type]  # an application that does nothing
        proxy.trusted_hosts = app.trusted_hosts
        app = app.app
    return proxy, app if hasattr(app, "_direct_answerer") else None


def apply_proxy_headers(proxy: ProxyHeadersMiddleware, scope: Scope) -> None:
    """Put client and scheme into a scope if its headers come from a trusted proxy."""
    _run_at_once(proxy(scope, _nothing, _nothing))  # type: ignore[arg-type]  # not called


async def _no_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Do nothing: the headers of proxies have been read."""


async def _nothing(*_: Any) -> None:
    """Replace `receive` and `send`, which are never called."""


def _run_at_once(coroutine: Any) -> None:
    """Run a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
