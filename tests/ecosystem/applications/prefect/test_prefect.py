"""Prefect: the server starts, and its own client works with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.server.api.server import create_app
from prefect.states import Completed, Running
from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def app() -> Any:
    return create_app(ephemeral=True)


@pytest.fixture(scope="module")
def http(app: Any) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture
async def client(app: Any) -> AsyncIterator[PrefectClient]:
    async with PrefectClient(app) as client:
        yield client


@flow(name="greet")
def greet(name: str) -> str:
    return f"Hello, {name}"


def test_the_server_starts_and_is_healthy(http: TestClient) -> None:
    assert http.get("/api/health").json() is True
    assert http.get("/api/ready").json() == {"message": "OK"}


def test_the_document_has_the_routes_of_the_mounted_api(http: TestClient) -> None:
    document = http.get("/openapi.json").json()

    assert len(document["paths"]) > 100
    assert "204" in document["paths"]["/work_pools/{name}"]["patch"]["responses"]


def test_invalid_values_are_answered_by_prefects_own_handler(http: TestClient) -> None:
    answer = http.post("/api/flows/", json={"name": 7})

    assert answer.status_code == 422
    assert answer.json()["exception_message"] == "Invalid request received."


@pytest.mark.anyio
async def test_a_flow_run_goes_through_its_states(client: PrefectClient) -> None:
    run = await client.create_flow_run(greet, parameters={"name": "Ada"})
    await client.set_flow_run_state(run.id, Running())
    await client.set_flow_run_state(run.id, Completed())

    found = await client.read_flow_run(run.id)
    assert found.state is not None
    assert (found.state.name, found.parameters) == ("Completed", {"name": "Ada"})


@pytest.mark.anyio
async def test_flows_are_found_by_name(client: PrefectClient) -> None:
    made = await client.create_flow(greet)

    assert (await client.read_flow_by_name("greet")).id == made


@pytest.mark.anyio
async def test_a_work_pool_is_changed_without_an_answer(client: PrefectClient) -> None:
    await client.create_work_pool(WorkPoolCreate(name="pool", type="process"))
    with pytest.raises(ObjectAlreadyExists):
        await client.create_work_pool(WorkPoolCreate(name="pool", type="process"))
    await client.update_work_pool("pool", WorkPoolUpdate(is_paused=True))

    assert (await client.read_work_pool("pool")).is_paused
    await client.delete_work_pool("pool")
    with pytest.raises(ObjectNotFound):
        await client.read_work_pool("pool")


@pytest.mark.anyio
async def test_variables_are_kept(client: PrefectClient) -> None:
    answer = await client._client.post("/variables/", json={"name": "answer", "value": [4, 2]})

    assert answer.status_code == 201
    found = await client.read_variable_by_name("answer")
    assert found is not None
    assert found.value == [4, 2]
