"""strawberry-graphql: an `APIRouter` subclass that serves GraphQL over HTTP and WebSockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry
from fastapi import BackgroundTasks, Depends, FastAPI, Request
from fastapi.testclient import TestClient
from strawberry.fastapi import GraphQLRouter
from strawberry.types import Info

done: list[str] = []


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, info: Info, name: str = "world") -> str:
        return f"{info.context['greeting']} {name}"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def remember(self, info: Info, text: str) -> str:
        info.context["background_tasks"].add_task(done.append, text)
        info.context["response"].headers["x-remembered"] = text
        return text


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, upto: int) -> AsyncIterator[int]:
        for number in range(upto):
            yield number


def greeting(request: Request) -> str:
    return request.headers.get("x-greeting", "hello")


async def get_context(
    background_tasks: BackgroundTasks = None, greeting: str = Depends(lambda: "hello")
) -> dict[str, Any]:
    return {"greeting": greeting}


@pytest.fixture
def client() -> TestClient:
    schema = strawberry.Schema(Query, Mutation, Subscription)
    app = FastAPI()
    app.include_router(GraphQLRouter(schema, context_getter=get_context), prefix="/graphql")
    return TestClient(app)


def test_a_query(client: TestClient) -> None:
    answer = client.post("/graphql", json={"query": '{ hello(name: "you") }'})

    assert answer.json() == {"data": {"hello": "hello you"}}


def test_a_mutation_with_background_task_and_header(client: TestClient) -> None:
    answer = client.post("/graphql", json={"query": 'mutation { remember(text: "milk") }'})

    assert answer.json() == {"data": {"remember": "milk"}}
    assert answer.headers["x-remembered"] == "milk"
    assert done == ["milk"]


def test_errors_and_wrong_requests(client: TestClient) -> None:
    assert "errors" in client.post("/graphql", json={"query": "{ nothing }"}).json()
    assert client.post("/graphql", content=b"{").status_code == 400
    assert client.put("/graphql").status_code == 405


def test_the_page_for_people(client: TestClient) -> None:
    page = client.get("/graphql", headers={"accept": "text/html"})

    assert page.status_code == 200
    assert "GraphiQL" in page.text


def test_a_subscription(client: TestClient) -> None:
    protocol = "graphql-transport-ws"
    with client.websocket_connect("/graphql", [protocol]) as websocket:
        websocket.send_json({"type": "connection_init"})
        assert websocket.receive_json() == {"type": "connection_ack"}
        query = "subscription { count(upto: 2) }"
        websocket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
        answers = [websocket.receive_json() for _ in range(3)]

    assert [answer["type"] for answer in answers] == ["next", "next", "complete"]
    assert answers[1]["payload"] == {"data": {"count": 1}}
