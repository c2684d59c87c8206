"""Layers that a library has wrapped, while its wrappers have nothing to do.

Sentry replaces the methods of Starlette's own layers, so that each layer can be a span
(`middleware_spans=True`, which is not the default) and can name the transaction. Otherwise its
wrappers only ask themselves whether they have something to do, which takes longer than our whole
way to an endpoint. So this module asks in their place, and lets the request pass by the layers: at
the outermost layer and, if there is middleware, again at the innermost, since middleware in between
may change the scope. Errors are answered by the handlers that Sentry has put in place of those of
the layers.

What is known of a library holds for the releases that were compared. Another release, or another
library, is called at each layer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.compile.server_errors import Outermost
from pronghorn.core.monkeypatches import is_defined_by
from pronghorn.core.private_names import has_names

#: Answers whether the wrappers of a library have nothing to do for a request.
IsIdle = Callable[[Scope], bool]
SENTRY = "sentry_sdk.integrations.starlette"
#: The beginnings of Sentry's releases whose wrappers were read.
COMPARED = ("2.75.",)
_HAS_TABLES = has_names(
    "starlette.middleware.exceptions",
    ("ExceptionMiddleware._exception_handlers", "ExceptionMiddleware._status_handlers"),
    "Requests pass all layers that Sentry has wrapped, which is slower.",
)


def find_idle_test() -> IsIdle | None:
    """Return the function that answers for each request whether the layers may be passed by.

    Returns:
        None if a library that is not known has replaced something, or if Sentry makes spans.
    """
    version = str(getattr(sys.modules.get("sentry_sdk"), "VERSION", ""))
    if not _HAS_TABLES or not version.startswith(COMPARED):
        return None
    integration = sys.modules[SENTRY].StarletteIntegration if SENTRY in sys.modules else None
    methods: list[Any] = [ServerErrorMiddleware.__call__, ExceptionMiddleware.__call__]
    methods += [Middleware.__init__, ExceptionMiddleware.__init__]
    if integration is None or not all(is_defined_by(each, SENTRY) for each in methods):
        return None
    if is_defined_by(ServerErrorMiddleware.__init__, SENTRY):
        return None
    get_client = sys.modules["sentry_sdk"].get_client

    def is_idle(scope: Scope) -> bool:
        if scope["type"] != "http" or "router" in scope or "user" in scope:
            return False
        found = get_client().get_integration(integration)
        return found is None or (found.transaction_style == "url" and not found.middleware_spans)

    return is_idle


def handlers_of(layer: Any) -> dict[Any, Any]:
    """Return the handlers of an `ExceptionMiddleware` by class and by status code."""
    return {**layer._exception_handlers, **layer._status_handlers}


class Either:
    """A layer in two forms: our own, and the one that a library has wrapped.

    Args:
        is_idle: Answers whether a request may take our own form.
        own: Our own form.
        instrumented: The layer that the library has wrapped.
    """

    def __init__(self, is_idle: IsIdle, own: ASGIApp, instrumented: Any) -> None:
        self._is_idle, self._own, self._instrumented = is_idle, own, instrumented
        #: Libraries that look for a layer follow this attribute.
        self.app = instrumented

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_idle(scope):
            await self._own(scope, receive, send)
        else:
            await self._instrumented(scope, receive, send)


class EitherOutermost(Either, ServerErrorMiddleware):
    """The outermost layer; a `ServerErrorMiddleware`, because libraries expect one."""

    def __init__(self, is_idle: IsIdle, own: ServerErrorMiddleware, instrumented: ASGIApp) -> None:
        ServerErrorMiddleware.__init__(self, own.app, own.handler, own.debug)
        inside = self.app
        Either.__init__(self, is_idle, own, instrumented)
        self.app = inside


def let_pass(is_idle: IsIdle, own: Outermost, instrumented: ASGIApp) -> ServerErrorMiddleware:
    """Return the outermost layer of an application, which idle requests take in our own form.

    Args:
        is_idle: Answers whether the library has nothing to do for a request.
        own: Our own form.
        instrumented: The layer that the library has wrapped, with all that is around it.
    """
    own.idle_call = ServerErrorMiddleware.__call__
    return EitherOutermost(is_idle, own, instrumented)
