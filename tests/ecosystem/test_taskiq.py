"""taskiq-fastapi: tasks depend on the application through `Request`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import taskiq_fastapi
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from taskiq import InMemoryBroker, TaskiqDepends

broker = InMemoryBroker()
done: list[str] = []


def get_name(request: Annotated[Request, TaskiqDepends()]) -> str:
    return str(request.app.state.name)


@broker.task
async def note(text: str, name: Annotated[str, TaskiqDepends(get_name)]) -> None:
    done.append(f"{name} {text}")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.name = "shop"
    await broker.startup()
    yield
    await broker.shutdown()


app = FastAPI(lifespan=lifespan)
taskiq_fastapi.init(broker, app)
taskiq_fastapi.populate_dependency_context(broker, app)


@app.post("/notes/{text}")
async def create(text: str, name: Annotated[str, Depends(get_name)]) -> str:
    task = await note.kiq(text)
    await task.wait_result()
    return name


def test_a_task_and_an_endpoint_share_a_dependency() -> None:
    with TestClient(app) as client:
        assert client.post("/notes/milk").json() == "shop"
    assert done == ["shop milk"]
