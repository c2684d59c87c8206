"""The request, for endpoints and dependencies that want all of it."""

from starlette.requests import HTTPConnection, Request

from pronghorn.core.reexports import find_elsewhere

__all__ = ["HTTPConnection", "Request"]


find_elsewhere(__name__)
