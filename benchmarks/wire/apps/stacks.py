"""The two endpoints behind stacks of standard middleware, written for FastAPI."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi_app import create_item, read_item

CORS = (CORSMiddleware, {"allow_origins": ["https://shop.example"], "allow_credentials": True})
#: Its answers are too short to be compressed.
GZIP = (GZipMiddleware, {})


async def add_version(request, call_next):
    response = await call_next(request)
    response.headers["x-version"] = "7"
    return response


def behind(*layers) -> FastAPI:
    """Make an application behind layers, innermost first."""
    made = FastAPI()
    for layer in layers:
        if layer is add_version:
            made.middleware("http")(add_version)
        else:
            made.add_middleware(layer[0], **layer[1])
    made.get("/items/{item_id}")(read_item)
    made.post("/items")(create_item)
    return made


bare = behind()
cors = behind(CORS)
gzip = behind(GZIP)
function = behind(add_version)
every = behind(CORS, GZIP, add_version)
function_inside = behind(add_version, CORS, GZIP)
