"""fastapi-cache2: a decorator that adds `Request` and `Response` parameters to the signature."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.testclient import TestClient
from fastapi_cache import FastAPICache
from fastapi_cache.backends.inmemory import InMemoryBackend
from fastapi_cache.decorator import cache
from pydantic import BaseModel


class Item(BaseModel):
    number: int
    calls: int


def make_app(calls: list[int]) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        FastAPICache.reset()
        FastAPICache.init(InMemoryBackend(), prefix="test")
        yield
        await FastAPICache.clear()

    app = FastAPI(lifespan=lifespan)

    @app.get("/items/{number}")
    @cache(expire=60)
    async def read_item(number: int) -> Item:
        calls.append(number)
        return Item(number=number, calls=len(calls))

    @app.get("/thread")
    @cache(expire=60)
    def in_thread() -> dict[str, int]:
        calls.append(0)
        return {"calls": len(calls)}

    return app


def test_the_second_answer_comes_from_the_cache() -> None:
    calls: list[int] = []
    with TestClient(make_app(calls)) as client:
        first, second = client.get("/items/1"), client.get("/items/1")
        assert first.json() == second.json() == {"number": 1, "calls": 1}
        assert client.get("/items/2").json() == {"number": 2, "calls": 2}
        assert client.get("/thread").json() == client.get("/thread").json() == {"calls": 3}

    assert second.headers["x-fastapi-cache"] == "HIT"
    assert "max-age" in first.headers["cache-control"]


def test_what_the_client_has_already_is_not_sent() -> None:
    with TestClient(make_app([])) as client:
        tag = client.get("/items/1").headers["etag"]
        assert client.get("/items/1", headers={"if-none-match": tag}).status_code == 304
