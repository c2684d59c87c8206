"""Refuses requests whose Host header is not one of the application's own."""

from starlette.middleware.trustedhost import TrustedHostMiddleware

__all__ = ["TrustedHostMiddleware"]
