"""NiceGUI: mounts itself on an application and adds middleware, pages and sockets to it."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient
from nicegui import ui


def test_pages_beside_an_api() -> None:
    app = FastAPI()

    @app.get("/api/items")
    async def items() -> list[int]:
        return [1, 2]

    @ui.page("/page/{name}")
    def page(name: str, number: int = 1) -> None:
        ui.label(f"hello {name} {number}")

    ui.run_with(app, mount_path="/gui", storage_secret="only for this test")
    with TestClient(app) as client:
        assert client.get("/api/items").json() == [1, 2]
        shown = client.get("/gui/page/you", params={"number": 3})
        assert client.get("/gui/page/you", params={"number": "three"}).status_code == 422

    assert shown.status_code == 200
    assert "hello you 3" in shown.text
