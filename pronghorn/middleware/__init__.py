"""Middleware for whole applications."""

from starlette.middleware import Middleware

__all__ = ["Middleware"]
