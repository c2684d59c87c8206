"""The shop's orders: who may place, read and move one, and the stream of its states."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from pronghorn.testclient import TestClient

from .conftest import LogIn

Headers = dict[str, str]

LAMP = {"name": "Lamp", "price": "19.90"}
MAX_ID = 2**63 - 1


@pytest.fixture
def order(client: TestClient, ann: Headers, bob: Headers) -> str:
    """The path of an order of Bob, for a lamp of Ann."""
    lamp = client.post("/items", json=LAMP, headers=ann).json()
    placed = client.post("/orders", json={"item_id": lamp["id"]}, headers=bob)
    assert placed.status_code == 201
    return f"/orders/{placed.json()['id']}"


def move(client: TestClient, order: str, state: str, headers: Headers) -> int:
    """Ask for a state, and return the status of the response."""
    return client.patch(order, json={"state": state}, headers=headers).status_code


def read_events(text: str) -> list[tuple[str, str]]:
    """The id and the state of each event that has a state."""
    found = []
    for event in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in event.splitlines() if ": " in line)
        if "data" in lines:
            found.append((lines["id"], json.loads(lines["data"])["state"]))
    return found


class TestPlace:
    def test_answers_with_the_order(self, client: TestClient, ann: Headers, bob: Headers) -> None:
        lamp = client.post("/items", json=LAMP, headers=ann).json()
        response = client.post("/orders", json={"item_id": lamp["id"]}, headers=bob)
        assert response.status_code == 201
        order = response.json()
        assert datetime.fromisoformat(order.pop("created_at")).tzinfo
        assert order == {
            "id": 1,
            "buyer_id": 2,
            "seller_id": 1,
            "item_name": "Lamp",
            "price": "19.90",
            "state": "placed",
        }

    def test_keeps_what_was_agreed(self, client: TestClient, ann: Headers, order: str) -> None:
        client.patch("/items/1", json={"name": "Torch", "price": "99"}, headers=ann)
        client.delete("/items/1", headers=ann)
        found = client.get(order, headers=ann).json()
        assert (found["item_name"], found["price"]) == ("Lamp", "19.90")

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"item_id": 999}, 404),
            ({"item_id": MAX_ID}, 404),
            ({"item_id": MAX_ID + 1}, 422),
            ({"item_id": 0}, 422),
            ({"item_id": "lamp"}, 422),
            ({"item_id": None}, 422),
            ({}, 422),
            ([], 422),
        ],
    )
    def test_refuses(self, client: TestClient, ann: Headers, body: Any, status: int) -> None:
        assert client.post("/orders", json=body, headers=ann).status_code == status

    def test_needs_a_token(self, client: TestClient) -> None:
        assert client.post("/orders", json={"item_id": 1}).status_code == 401


class TestWho:
    def test_buyer_and_seller_read_it(
        self, client: TestClient, ann: Headers, bob: Headers, order: str
    ) -> None:
        assert [client.get(order, headers=each).status_code for each in (ann, bob)] == [200, 200]

    @pytest.mark.parametrize("path", ["", "/events", "/events?after=0"])
    def test_for_others_there_is_none(
        self, client: TestClient, log_in: LogIn, order: str, path: str
    ) -> None:
        eve = log_in("eve@example.com")
        response = client.get(order + path, headers=eve)
        assert response.status_code == 404
        assert response.json() == client.get("/orders/999" + path, headers=eve).json()
        assert move(client, order, "cancelled", eve) == 404

    @pytest.mark.parametrize("path", ["", "/events"])
    def test_needs_a_token(self, client: TestClient, order: str, path: str) -> None:
        assert client.get(order + path).status_code == 401

    @pytest.mark.parametrize("number", ["0", "-1", "lamp", str(MAX_ID + 1)])
    @pytest.mark.parametrize("path", ["", "/events"])
    def test_refuses_what_is_no_id(
        self, client: TestClient, ann: Headers, number: str, path: str
    ) -> None:
        assert client.get(f"/orders/{number}{path}", headers=ann).status_code == 422


class TestMove:
    def test_the_seller_moves_it_on(self, client: TestClient, ann: Headers, order: str) -> None:
        response = client.patch(order, json={"state": "packed"}, headers=ann)
        assert (response.status_code, response.json()["state"]) == (200, "packed")
        assert move(client, order, "sent", ann) == 200
        assert client.get(order, headers=ann).json()["state"] == "sent"

    def test_the_buyer_does_not(self, client: TestClient, bob: Headers, order: str) -> None:
        assert move(client, order, "packed", bob) == 403
        assert client.get(order, headers=bob).json()["state"] == "placed"

    @pytest.mark.parametrize(
        "states",
        [
            ["sent"],
            ["packed", "packed"],
            ["packed", "sent", "cancelled"],
            ["cancelled", "packed"],
        ],
    )
    def test_refuses_a_state_out_of_turn(
        self, client: TestClient, ann: Headers, order: str, states: list[str]
    ) -> None:
        *before, last = states
        assert [move(client, order, state, ann) for state in before] == [200] * len(before)
        was = client.get(order, headers=ann).json()["state"]
        response = client.patch(order, json={"state": last}, headers=ann)
        assert response.status_code == 409
        assert response.json() == {"detail": f"The order is {was} and cannot become {last}"}
        assert client.get(order, headers=ann).json()["state"] == was

    @pytest.mark.parametrize("state", ["placed", "lost", None, 7])
    def test_refuses_what_is_no_next_state(
        self, client: TestClient, ann: Headers, order: str, state: Any
    ) -> None:
        response = client.patch(order, json={"state": state}, headers=ann)
        assert response.status_code == 422


class TestFollow:
    def test_streams_all_states_up_to_the_final_one(
        self, client: TestClient, ann: Headers, bob: Headers, order: str
    ) -> None:
        for state in ("packed", "sent"):
            move(client, order, state, ann)
        move(client, order, "sent", ann)  # 409: no event
        response = client.get(f"{order}/events?after=0", headers=bob)
        assert response.headers["Content-Type"].startswith("text/event-stream")
        states = [state for _, state in read_events(response.text)]
        assert states == ["placed", "packed", "sent"]

    def test_goes_on_after_the_last_event_of_the_client(
        self, client: TestClient, ann: Headers, bob: Headers, order: str
    ) -> None:
        for state in ("packed", "cancelled"):
            move(client, order, state, ann)
        events = read_events(client.get(f"{order}/events?after=0", headers=bob).text)
        rest = client.get(f"{order}/events", headers={**bob, "Last-Event-ID": events[0][0]})
        assert read_events(rest.text) == events[1:]

    def test_each_order_has_a_stream_of_its_own(
        self, client: TestClient, ann: Headers, bob: Headers, order: str
    ) -> None:
        other = client.post("/orders", json={"item_id": 1}, headers=bob).json()
        move(client, f"/orders/{other['id']}", "cancelled", ann)
        for state in ("packed", "sent"):
            move(client, order, state, ann)
        text = client.get(f"/orders/{other['id']}/events?after=0", headers=ann).text
        assert [state for _, state in read_events(text)] == ["placed", "cancelled"]

    @pytest.mark.parametrize("after", ["x", "-1", "1.5", ""])
    def test_refuses_a_place_that_is_none(
        self, client: TestClient, ann: Headers, order: str, after: str
    ) -> None:
        response = client.get(f"{order}/events", params={"after": after}, headers=ann)
        assert response.status_code == 422

    def test_the_document_has_the_events(self, client: TestClient) -> None:
        document = client.get("/openapi.json").json()
        events = document["paths"]["/orders/{order_id}/events"]["get"]
        assert "text/event-stream" in events["responses"]["200"]["content"]
        assert "OrderEvent" in json.dumps(events)
