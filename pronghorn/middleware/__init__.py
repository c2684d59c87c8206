"""Middleware for whole applications."""

from starlette.middleware import Middleware

from pronghorn.incidental import find_elsewhere

__all__ = ["Middleware"]


find_elsewhere(__name__)
