"""The program for FastAPI, on pronghorn."""

# isort: off
import pronghorn.as_fastapi  # noqa: F401 - from here on, `fastapi` is pronghorn
from fastapi_app import app

__all__ = ["app"]
