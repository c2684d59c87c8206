"""Gradio: a subclass of `FastAPI`, mounted on our application."""

from __future__ import annotations

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient


def greet(name: str) -> str:
    return f"hello {name}"


app = FastAPI()


@app.get("/api/items")
def items() -> list[int]:
    return [1, 2]


def who(request: Request) -> str | None:
    return request.headers.get("x-user")


demo = gradio.Interface(greet, "text", "text", api_name="greet")
app = gradio.mount_gradio_app(app, demo, path="/gui", auth_dependency=who)


def test_the_page_and_the_api_beside_it() -> None:
    with TestClient(app) as client:
        assert client.get("/api/items").json() == [1, 2]
        page = client.get("/gui/", headers={"x-user": "arthur"})
        assert page.status_code == 200
        assert "gradio" in page.text
        assert client.get("/gui/config").status_code == 401


def test_a_function_is_called() -> None:
    with TestClient(app) as client:
        headers = {"x-user": "arthur"}
        started = client.post("/gui/gradio_api/call/greet", json={"data": ["you"]}, headers=headers)
        event = started.json()["event_id"]
        result = client.get(f"/gui/gradio_api/call/greet/{event}", headers=headers)

    assert 'data: ["hello you"]' in result.text
