"""One route behind each of some middleware."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from starlette.middleware.sessions import SessionMiddleware


def behind(*classes: tuple[Any, dict[str, Any]]) -> FastAPI:
    """Make an application with classes of middleware, innermost first, and their options."""
    app = FastAPI()
    for kind, options in classes:
        app.add_middleware(kind, **options)

    @app.get("/items/{item_id}")
    async def read_item(item_id: int):
        return {"item_id": item_id}

    return app


CORS = (CORSMiddleware, {"allow_origins": ["https://shop.example"], "allow_credentials": True})
GZIP: tuple[Any, dict[str, Any]] = (GZipMiddleware, {})


def cors() -> FastAPI:
    """Make an application behind CORS."""
    return behind(CORS)


def gzip() -> FastAPI:
    """Make an application behind compression; its responses are too short for it."""
    return behind(GZIP)


def accept_hosts() -> FastAPI:
    """Make an application that accepts some hosts."""
    return behind((TrustedHostMiddleware, {"allowed_hosts": ["127.0.0.1", "*.shop.example"]}))


def sessions() -> FastAPI:
    """Make an application with sessions."""
    return behind((SessionMiddleware, {"secret_key": "not secret"}))


def cors_and_gzip() -> FastAPI:
    """Make an application behind CORS and compression."""
    return behind(CORS, GZIP)


def with_function() -> FastAPI:
    """Make an application behind CORS, compression and a function of its own."""
    app = cors_and_gzip()

    @app.middleware("http")
    async def add_version(request: Request, call_next):
        response = await call_next(request)
        response.headers["x-version"] = "7"
        return response

    return app
