"""What outlives the processes of the shop: its welcome messages, and the streams of its orders."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from .servers import stop
from .shop_server import ANN, log_in, running_shop


def messages(folder: Path) -> list[tuple[str, str]]:
    """The welcome messages in the database of a folder."""
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        return connection.execute("SELECT recipient, body FROM outbox").fetchall()


def wait_for_messages(folder: Path) -> list[tuple[str, str]]:
    """The welcome messages, as soon as there is one."""
    for _ in range(300):
        if found := messages(folder):
            return found
        time.sleep(0.1)
    pytest.fail("no welcome message was written")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a server without any warning."""
    process.kill()
    process.wait()


def test_a_welcome_message_survives_the_process_that_took_the_request(tmp_path: Path) -> None:
    with running_shop(tmp_path) as (process, client):  # It has no worker.
        assert client.post("/users", json=ANN).status_code == 201
        assert client.post("/users", json=ANN).status_code == 409
        kill(process)
    assert messages(tmp_path) == []

    with running_shop(tmp_path, "--jobs") as (process, client):
        found = wait_for_messages(tmp_path)
        stop(process)
    assert found == [("ann@example.com", "Hello Ann, your account is ready.")]
    assert messages(tmp_path) == found


def test_the_stream_of_an_order_goes_on_at_another_process(tmp_path: Path) -> None:
    with running_shop(tmp_path) as (first, client), running_shop(tmp_path) as (second, other):
        assert client.post("/users", json=ANN).status_code == 201
        headers = log_in(client)
        lamp = {"name": "Lamp", "price": "1"}
        assert client.post("/items", json=lamp, headers=headers).status_code == 201
        placed = client.post("/orders", json={"item_id": 1}, headers=headers)
        assert placed.status_code == 201
        seen: list[tuple[str, str]] = []
        with pytest.raises(httpx.TransportError):
            read_until_the_end(client, headers, seen, lambda: kill(first))
        ((last, state),) = seen
        assert state == "placed"
        for state in ("packed", "sent"):
            moved = other.patch("/orders/1", json={"state": state}, headers=headers)
            assert moved.status_code == 200
        again = {**headers, "Last-Event-ID": last}
        with other.stream("GET", "/orders/1/events", headers=again) as stream:
            assert [state for _, state in read_states(stream)] == ["packed", "sent"]
        stop(second)


def test_who_follows_an_order_hears_of_changes_in_other_processes(tmp_path: Path) -> None:
    with running_shop(tmp_path) as (first, client), running_shop(tmp_path) as (second, other):
        assert client.post("/users", json=ANN).status_code == 201
        headers = log_in(client)
        client.post("/items", json={"name": "Lamp", "price": "1"}, headers=headers)
        assert client.post("/orders", json={"item_id": 1}, headers=headers).status_code == 201
        next_states = iter(["packed", "sent"])
        found = []
        with client.stream("GET", "/orders/1/events?after=0", headers=headers) as stream:
            for _, state in read_states(stream):
                found.append(state)
                if following := next(next_states, None):
                    change = {"state": following}
                    assert other.patch("/orders/1", json=change, headers=headers).status_code == 200
        assert found == ["placed", "packed", "sent"]
        stop(first)
        stop(second)


def read_until_the_end(
    client: httpx.Client,
    headers: dict[str, str],
    seen: list[tuple[str, str]],
    then: Callable[[], None],
) -> None:
    """Follow the order, and call a function after each event."""
    with client.stream("GET", "/orders/1/events?after=0", headers=headers) as stream:
        for event in read_states(stream):
            seen.append(event)
            then()


def read_states(stream: httpx.Response) -> Iterator[tuple[str, str]]:
    """The id and the state of each event of a stream."""
    assert stream.status_code == 200
    last = ""
    for line in stream.iter_lines():
        if line.startswith("id: "):
            last = line.removeprefix("id: ")
        if line.startswith("data: "):
            yield last, json.loads(line.removeprefix("data: "))["state"]
