"""A client that calls an application in the same process, without a server."""

from starlette.testclient import TestClient

from pronghorn.core.reexports import find_elsewhere

__all__ = ["TestClient"]


find_elsewhere(__name__)
