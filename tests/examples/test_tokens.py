"""The token example: both streams, a busy model, and a client that leaves."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import anyio
import httpx
import pytest

import tokens
from pronghorn.testclient import TestClient

from .servers import serve, stop


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of the application, on a model that does not hesitate."""
    tokens.app.dependency_overrides[tokens.get_model] = lambda: model
    model = tokens.Model(capacity=1, seconds_per_token=0)
    with TestClient(tokens.app) as client:
        yield client
    tokens.app.dependency_overrides.clear()


def events_of(text: str) -> list[tuple[str, Any]]:
    """Return the name and the data of each event of a stream."""
    events = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        events.append((fields["event"], json.loads(fields["data"])))
    return events


def test_events_carry_the_tokens_and_a_summary(client: TestClient) -> None:
    response = client.post("/chat", json={"message": "Why not?"})
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert events_of(response.text) == [
        ("token", {"text": "You "}),
        ("token", {"text": "asked: "}),
        ("token", {"text": "Why "}),
        ("token", {"text": "not? "}),
        ("done", {"tokens": 4, "reason": "stop"}),
    ]


def test_an_answer_has_at_most_the_tokens_that_were_asked_for(client: TestClient) -> None:
    response = client.post("/chat", json={"message": "Why not?", "max_tokens": 3})
    assert events_of(response.text)[-1] == ("done", {"tokens": 3, "reason": "length"})


def test_lines_carry_the_same_tokens(client: TestClient) -> None:
    response = client.post("/chat/lines", json={"message": "Why?"})
    assert response.headers["Content-Type"] == "application/jsonl"
    found = [json.loads(line)["text"] for line in response.text.splitlines()]
    assert found == ["You ", "asked: ", "Why? "]


def test_a_prompt_that_does_not_fit_is_refused(client: TestClient) -> None:
    assert client.post("/chat", json={"message": ""}).status_code == 422


def test_a_busy_model_is_503_before_the_stream_begins() -> None:
    async def ask_while_busy() -> httpx.Response:
        model = tokens.Model(capacity=1, seconds_per_token=0)
        tokens.app.dependency_overrides[tokens.get_model] = lambda: model
        slot = model.take_slot()
        assert model.running == 1
        transport = httpx.ASGITransport(tokens.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            response = await client.post("/chat", json={"message": "Hello"})
        model.free_slot(slot)
        return response

    response = anyio.run(ask_while_busy)
    tokens.app.dependency_overrides.clear()
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert response.json() == {"detail": "The model is busy"}


class PatientModel(tokens.Model):
    """A model that does not generate a token before `go` is set."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity, seconds_per_token=0)
        self.go = anyio.Event()

    async def generate(self, prompt: tokens.Prompt) -> AsyncGenerator[tokens.Token, None]:
        await self.go.wait()
        async for token in super().generate(prompt):
            yield token


@pytest.mark.parametrize("path", ["/chat", "/chat/lines"])
def test_at_most_as_many_answers_as_the_capacity_run_at_once(path: str) -> None:
    async def ask_at_once() -> tuple[Counter[int], int]:
        model = PatientModel(capacity=4)
        tokens.app.dependency_overrides[tokens.get_model] = lambda: model
        statuses: Counter[int] = Counter()
        transport = httpx.ASGITransport(tokens.app)

        async def ask(client: httpx.AsyncClient) -> None:
            response = await client.post(path, json={"message": "Hello"})
            statuses[response.status_code] += 1
            if statuses[503] == 8:
                model.go.set()

        with anyio.fail_after(20):
            async with (
                httpx.AsyncClient(transport=transport, base_url="http://test") as client,
                anyio.create_task_group() as tasks,
            ):
                for _ in range(12):
                    tasks.start_soon(ask, client)
        return statuses, model.running

    statuses, running = anyio.run(ask_at_once)
    tokens.app.dependency_overrides.clear()
    assert statuses == {200: 4, 503: 8}
    assert running == 0


def test_a_refused_prompt_frees_its_slot(client: TestClient) -> None:
    assert client.post("/chat", json={"message": ""}).status_code == 422
    assert client.get("/health").json() == {"running": 0}


@pytest.mark.parametrize("path", ["/chat", "/chat/lines"])
def test_the_model_stops_when_the_client_leaves(path: str) -> None:
    # The whole answer would take 50 seconds.
    prompt = {"message": "word " * 1000, "max_tokens": 1000}
    with serve("tokens.py") as (process, client):
        with client.stream("POST", path, json=prompt) as response:
            texts = response.iter_text()
            assert "You " in next(texts)
            assert client.get("/health").json() == {"running": 1}
        deadline = time.monotonic() + 20
        while client.get("/health").json() != {"running": 0}:
            assert time.monotonic() < deadline
        stop(process)
