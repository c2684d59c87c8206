"""FastStream: message handlers whose dependencies are solved with `solve_dependencies`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import Depends, FastAPI, Header
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient
from faststream.redis import TestRedisBroker
from faststream.redis.fastapi import RedisRouter
from pydantic import BaseModel


class Order(BaseModel):
    number: int


router = RedisRouter()
log: list[str] = []


async def get_session(x_tenant: str = Header("nobody")) -> AsyncIterator[str]:
    yield f"session of {x_tenant}"
    log.append("closed")


def in_thread() -> str:
    return "thread"


@router.subscriber("orders")
@router.publisher("done")
async def handle(
    order: Order, session: str = Depends(get_session), other: str = Depends(in_thread)
) -> dict[str, str]:
    log.append(f"{order.number} {session} {other}")
    return {"handled": str(order.number)}


@router.subscriber("done")
async def done(handled: str) -> None:
    log.append(f"done {handled}")


@router.post("/orders")
async def create(order: Order) -> str:
    await router.broker.publish(order, "orders")
    return "accepted"


@pytest.fixture(autouse=True)
def empty_log() -> None:
    log.clear()


@pytest.mark.anyio
async def test_a_message_and_its_answer() -> None:
    async with TestRedisBroker(router.broker) as broker:
        await broker.publish({"number": 3}, "orders", headers={"x-tenant": "arthur"})

    assert log == ["3 session of arthur thread", "closed", "done 3"]


@pytest.mark.anyio
async def test_a_message_of_the_wrong_kind() -> None:
    async with TestRedisBroker(router.broker) as broker:
        with pytest.raises(RequestValidationError, match="int_parsing"):
            await broker.publish({"number": "three"}, "orders")
    assert log == []


@pytest.mark.anyio
async def test_a_request_that_publishes() -> None:
    from httpx2 import ASGITransport, AsyncClient

    app = FastAPI()
    app.include_router(router, prefix="/api")
    client = AsyncClient(transport=ASGITransport(app), base_url="http://test")
    async with TestRedisBroker(router.broker), client:
        assert (await client.post("/api/orders", json={"number": 4})).json() == "accepted"
    assert log[0] == "4 session of nobody thread"


def test_its_document() -> None:
    app = FastAPI()
    app.include_router(router)

    paths = TestClient(app).get("/openapi.json").json()["paths"]
    assert list(paths) == ["/orders"]
