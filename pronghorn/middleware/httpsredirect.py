"""Redirect http to https and ws to wss."""

from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware

from pronghorn.core.reexports import find_elsewhere

__all__ = ["HTTPSRedirectMiddleware"]


find_elsewhere(__name__)
