"""Compresses responses for clients that accept gzip."""

from starlette.middleware.gzip import GZipMiddleware

__all__ = ["GZipMiddleware"]
