"""`GZipMiddleware` sees the length of a response behind HTTP middleware, unlike on FastAPI."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import fastapi
import fastapi.testclient
import pytest

import pronghorn
from pronghorn.testclient import TestClient

FASTAPI = (fastapi, fastapi.testclient.TestClient)
PRONGHORN = (pronghorn, TestClient)


def headers_of(engine: tuple[Any, Any], path: str) -> tuple[str | None, bool]:
    module, client = engine
    app = module.FastAPI()

    async def pass_on(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    app.middleware("http")(pass_on)
    gzip = import_module(f"{module.__name__}.middleware.gzip")
    app.add_middleware(gzip.GZipMiddleware, minimum_size=1000)
    app.get("/short")(lambda: "x" * 900)
    app.get("/long")(lambda: "x" * 1000)
    headers = client(app).get(path).headers
    return headers.get("content-encoding"), "content-length" in headers


@pytest.mark.parametrize(
    ("path", "ours", "theirs"),
    [
        ("/short", (None, True), ("gzip", False)),
        ("/long", ("gzip", True), ("gzip", False)),
    ],
)
def test_only_what_is_long_is_compressed(path: str, ours: Any, theirs: Any) -> None:
    assert headers_of(PRONGHORN, path) == ours
    assert headers_of(FASTAPI, path) == theirs
