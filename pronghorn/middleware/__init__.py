"""Middleware for whole applications."""

from starlette.middleware import Middleware

from pronghorn.core.reexports import find_elsewhere

__all__ = ["Middleware"]


find_elsewhere(__name__)
