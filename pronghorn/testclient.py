"""A client that calls an application in the same process, without a server."""

from starlette.testclient import TestClient

__all__ = ["TestClient"]
