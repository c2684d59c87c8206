"""The program for FastAPI, on pronghorn."""

from fastapi_app import app

import pronghorn.as_fastapi  # noqa: F401 - from here on, `fastapi` is pronghorn

__all__ = ["app"]
