"""Reject requests whose Host header is not one of the application's own."""

from starlette.middleware.trustedhost import TrustedHostMiddleware

from pronghorn.core.reexports import find_elsewhere

__all__ = ["TrustedHostMiddleware"]


find_elsewhere(__name__)
