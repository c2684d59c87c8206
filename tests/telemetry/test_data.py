"""The data that span and log processors can read."""

from __future__ import annotations

from typing import Any

import anyio
import httpx2
import pytest
from opentelemetry import context
from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.trace import SpanProcessor
from pydantic import BaseModel

from pronghorn import BackgroundTasks, Depends, FastAPI, Request
from pronghorn.telemetry import TelemetryData, get_telemetry_data
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured


class Item(BaseModel):
    name: str


def data_now() -> TelemetryData:
    data = get_telemetry_data()
    assert data is not None
    return data


def test_it_grows_with_the_stages_and_is_gone_afterwards(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)
    kept: list[context.Context] = []

    def user(request: Request) -> str:
        data = data_now()
        assert data.request is request
        assert data.body == {"name": "pen"}
        assert data.values is None
        return "ada"

    @app.post("/")
    async def create(item: Item, tasks: BackgroundTasks, name: str = Depends(user)) -> None:
        data = data_now()
        assert data.values is not None
        assert data.values["item"] is item
        assert data.values["name"] == "ada"
        assert data.errors == []
        kept.append(context.get_current())
        tasks.add_task(lambda: kept.append(context.get_current()))

    assert get_telemetry_data() is None
    assert TestClient(app).post("/", json={"name": "pen"}).status_code == 200
    assert len(kept) == 2
    assert [get_telemetry_data(found) for found in kept] == [None, None]


def test_processors_see_it(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)
    seen: list[Any] = []

    class Spans(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            data = get_telemetry_data(parent_context)
            if span.name == "fastapi.endpoint" and data is not None:
                seen.append(data.values)

    class Logs(LogRecordProcessor):
        def on_emit(self, log_record: ReadWriteLogRecord) -> None:
            data = get_telemetry_data(log_record.log_record.context)
            assert data is not None
            assert data.errors
            seen.append((data.body, data.errors[0]["input"]))

        def shutdown(self) -> None:
            pass

        def force_flush(self, timeout_millis: int = 0) -> bool:
            return True

    measured.tracer_provider.add_span_processor(Spans())
    measured.logger_provider.add_log_record_processor(Logs())

    @app.get("/{number}")
    async def read(number: int) -> int:
        return number

    client = TestClient(app)
    client.get("/1")
    client.get("/x")
    assert seen == [{"number": 1}, (None, "x")]


@pytest.mark.anyio
async def test_requests_do_not_share_it(measured: Measured) -> None:
    app = FastAPI(telemetry=measured.config)
    together = anyio.Event()
    seen: list[TelemetryData] = []

    @app.get("/{name}")
    async def read(name: str) -> None:
        data = data_now()
        seen.append(data)
        if len(seen) == 2:
            together.set()
        await together.wait()
        assert get_telemetry_data() is data
        assert data.values == {"name": name}

    transport = httpx2.ASGITransport(app=app)
    async with (
        httpx2.AsyncClient(transport=transport, base_url="http://test") as client,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(client.get, "/a")
        tasks.start_soon(client.get, "/b")
    assert seen[0] is not seen[1]


@pytest.mark.anyio
async def test_an_excluded_request_inside_another_has_none(measured: Measured) -> None:
    app = FastAPI(telemetry={**measured.config, "exclude": lambda scope: scope["path"] == "/in"})

    @app.get("/in")
    async def inner(tasks: BackgroundTasks) -> bool:
        tasks.add_task(lambda: None)
        return get_telemetry_data() is None

    @app.get("/out")
    async def outer() -> Any:
        before = data_now()
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = (await client.get("/in")).json()
        assert get_telemetry_data() is before
        return answer

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/out")).json() is True
    assert measured.server.name == "GET /out"
    assert "fastapi.background_task" not in measured.names
