"""The request, for endpoints and dependencies that want all of it."""

from starlette.requests import HTTPConnection, Request

__all__ = ["HTTPConnection", "Request"]
