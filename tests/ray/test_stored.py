"""Replicas on two nodes share a database: orders, the jobs of a worker elsewhere, and a channel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest
from ray import serve

from pronghorn.channels import START
from pronghorn.ray import ingress
from tests.ray import stored
from tests.ray.helpers import SPREAD, Nodes


async def create_tables() -> None:
    async with stored.db.engine.begin() as connection:
        await connection.run_sync(stored.Base.metadata.create_all)
    await stored.db.dispose()


async def run_jobs() -> None:
    async with stored.db.lifespan(), stored.jobs.worker(stored.app) as worker:
        await worker.drain()


@pytest.fixture(scope="module", autouse=True)
def deployed(nodes: Nodes) -> Iterator[None]:
    """The program behind the proxy."""
    asyncio.run(create_tables())
    deployment = serve.deployment(ingress("tests.ray.stored:app")(), **SPREAD)
    serve.run(deployment.bind(), name="stored", route_prefix="/stored")
    yield
    serve.delete("stored")


def order(client: httpx.Client, item: str) -> str:
    """Place an order; return the node that has stored it."""
    answer = client.post("/stored/orders", json={"item": item})
    assert answer.status_code == 201, answer.text
    return str(answer.json())


def test_replicas_share_orders_jobs_and_a_channel(client: httpx.Client) -> None:
    """A reader sees the orders of both nodes, and goes on at whichever it comes to."""
    ordered: list[str] = []
    seen: set[str] = set()
    with client.stream("GET", "/stored/events", headers={"Last-Event-ID": START}) as answer:
        while len(seen) < 2:
            ordered.append(f"item {len(ordered)}")
            seen.add(order(client, ordered[-1]))
        events = read_events(answer.iter_lines(), len(ordered))
    assert [item for _, item in events] == ordered
    with client.stream("GET", "/stored/events", headers={"Last-Event-ID": events[0][0]}) as answer:
        assert read_events(answer.iter_lines(), len(ordered) - 1) == events[1:]
    assert client.get("/stored/orders").json() == ordered
    asyncio.run(run_jobs())
    assert sorted(stored.sent) == sorted(ordered)


def read_events(lines: Iterator[str], number: int) -> list[tuple[str, str]]:
    """Return some events of a stream: their ids, and the items of their orders."""
    found: list[tuple[str, str]] = []
    event: dict[str, str] = {}
    while len(found) < number:
        name, _, value = next(lines).partition(": ")
        event[name] = value
        if name == "" and "data" in event:
            found.append((event["id"], json.loads(event["data"])["item"]))
            event = {}
    return found
