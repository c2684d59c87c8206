"""svcs: a lifespan that takes the application, and a dependency that returns a container."""

from __future__ import annotations

from collections.abc import AsyncIterator

import svcs
from fastapi import FastAPI
from fastapi.testclient import TestClient

log: list[str] = []


class Session:
    pass


@svcs.fastapi.lifespan
async def lifespan(app: FastAPI, registry: svcs.Registry) -> AsyncIterator[dict[str, object]]:
    async def make_session() -> AsyncIterator[Session]:
        yield Session()
        log.append("closed")

    registry.register_factory(Session, make_session)
    yield {"name": "shop"}
    log.append("stopped")


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def read(services: svcs.fastapi.DepContainer) -> str:
    return type(await services.aget(Session)).__name__


def test_a_service_per_request() -> None:
    with TestClient(app) as client:
        assert [client.get("/").json() for _ in range(2)] == ["Session", "Session"]
    assert log == ["closed", "closed", "stopped"]
