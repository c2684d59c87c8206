"""fastapi-mcp: tools made from the OpenAPI document, called through the application itself."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from fastapi_mcp import FastApiMCP
from mcp.shared.memory import create_connected_server_and_client_session

HEADERS = {"accept": "application/json, text/event-stream"}


def make_app() -> tuple[FastAPI, FastApiMCP]:
    app = FastAPI(title="Shop")

    @app.get("/items/{item_id}", operation_id="read_item", tags=["items"])
    async def read_item(item_id: int, currency: str = "EUR") -> dict[str, Any]:
        """Read one item."""
        if item_id > 9:
            raise HTTPException(404, "no such item")
        return {"item_id": item_id, "currency": currency}

    @app.get("/secret", operation_id="secret")
    def secret() -> str:
        return "secret"

    mcp = FastApiMCP(app, include_tags=["items"])
    mcp.mount_http()
    return app, mcp


@pytest.mark.anyio
async def test_tools_are_operations() -> None:
    _, mcp = make_app()
    async with create_connected_server_and_client_session(mcp.server) as session:
        [tool] = (await session.list_tools()).tools
        answer = await session.call_tool("read_item", {"item_id": 3})

    assert tool.name == "read_item"
    assert "Read one item." in (tool.description or "")
    assert set(tool.inputSchema["properties"]) == {"item_id", "currency"}
    assert '"item_id": 3' in answer.content[0].text


@pytest.mark.anyio
async def test_an_error_of_the_operation_is_an_error_of_the_tool() -> None:
    _, mcp = make_app()
    async with create_connected_server_and_client_session(mcp.server) as session:
        answer = await session.call_tool("read_item", {"item_id": 10})

    assert answer.isError
    assert "no such item" in answer.content[0].text


def test_the_mounted_server_answers_over_http() -> None:
    app, _ = make_app()
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-03-26",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    with TestClient(app) as client:
        answer = client.post("/mcp", json=initialize, headers=HEADERS)
        document = client.get("/openapi.json").json()

    assert answer.status_code == 200
    assert answer.json()["result"]["serverInfo"]["name"] == "Shop"
    assert "/mcp" not in document["paths"]
