"""Effects besides the response: background tasks, clean-up, clients that leave."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle, islice, product
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.conftest import eventually
from tests.contract.servers import RawConnection, Server, request


@pytest.fixture
def key() -> str:
    """A name for what one test makes happen."""
    return uuid4().hex


def events_of(client: Any, key: str) -> Callable[[], list[str]]:
    return lambda: client.get(f"/events-of/{key}").json()  # type: ignore[no-any-return]  # the program's answer


def test_order_of_clean_up_and_background_tasks(client: Any, key: str) -> None:
    assert client.get(f"/cleanup?key={key}").json() == {"key": key}
    eventually(
        events_of(client, key),
        ["outer begins", "inner begins", "endpoint", "background task", "inner ends", "outer ends"],
    )


def test_clean_up_after_an_error(client: Any, key: str) -> None:
    assert client.get(f"/cleanup-after-error?key={key}").status_code == 418
    eventually(
        events_of(client, key),
        ["outer begins", "inner begins", "endpoint", "inner ends", "outer ends"],
    )


def test_background_task_comes_after_the_answer(client: Any, key: str) -> None:
    assert client.get(f"/slow-background?key={key}").json() == {"key": key}
    eventually(events_of(client, key), ["task begins", "task ends"])


def test_answer_does_not_wait_for_background_tasks(server: Server, key: str) -> None:
    """Two requests on one connection: the second is answered while the first one's task runs."""
    with RawConnection(server.port) as connection:
        connection.send(request("GET", f"/slow-background?key={key}"))
        connection.read()
        connection.send(request("GET", f"/events-of/{key}"))
        assert b"task ends" not in connection.read().body


def test_stream_that_fails_before_its_first_part(client: Any) -> None:
    answer = client.get("/refused-stream")
    assert (answer.status_code, answer.json()) == (404, {"detail": "not today"})


def test_stream_that_fails_behind_middleware(client_of_middleware: Any) -> None:
    answer = client_of_middleware.get("/refused-stream")
    assert (answer.status_code, answer.json()) == (404, {"detail": "not today"})


@pytest.mark.parametrize("path", ["/endless", "/flood"])
def test_client_leaves_a_stream(server: Server, key: str, path: str) -> None:
    with RawConnection(server.port) as connection:
        connection.send(request("GET", f"{path}?key={key}"))
        connection.read_bytes(500)
    with httpx.Client(base_url=server.url) as client:
        eventually(events_of(client, key), ["stream closed"])


def test_endpoint_asks_whether_the_client_has_left(server: Server, key: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        with RawConnection(server.port) as connection:
            connection.send(request("GET", f"/watch-client?key={key}"))
            eventually(events_of(client, key), ["at first: False"])
        eventually(events_of(client, key), ["at first: False", "client left"])


def test_to_ask_whether_the_client_has_left_takes_no_body(client: Any, key: str) -> None:
    for size in (10, 100_000):
        assert client.post(f"/ask-first?key={key}", content=b"x" * size).json() == "x" * size


def test_nor_does_it_behind_middleware(client_of_middleware: Any, key: str) -> None:
    for size in (10, 100_000):
        answer = client_of_middleware.post(f"/ask-first?key={key}", content=b"x" * size)
        assert answer.json() == "x" * size


def test_body_that_comes_after_the_question(server: Server, key: str) -> None:
    with RawConnection(server.port) as connection, httpx.Client(base_url=server.url) as client:
        connection.send(request("POST", f"/ask-first?key={key}", "Content-Length: 5") + b"ab")
        eventually(events_of(client, key), ["at first: False"])
        connection.send(b"cde")
        assert connection.read().body == b'"abcde"'


def test_client_leaves_behind_a_body_that_nobody_reads(server: Server, key: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        with RawConnection(server.port) as connection:
            connection.send(request("POST", f"/watch-sender?key={key}", body=b"x" * 1000))
            eventually(events_of(client, key), ["at first: False"])
        eventually(events_of(client, key), ["at first: False", "client left"])


def test_client_leaves_in_the_middle_of_its_body(server: Server, key: str) -> None:
    with RawConnection(server.port) as connection:
        target = f"/watch-upload?key={key}"
        connection.send(request("POST", target, "Content-Length: 100") + b"too short")
        with httpx.Client(base_url=server.url) as client:
            eventually(events_of(client, key), ["begins"])
    with httpx.Client(base_url=server.url) as client:
        eventually(events_of(client, key), ["begins", "ClientDisconnect"])


def broken_off(target: str, length: str, reset: bool) -> bytes:
    """A request whose body does not come to its end."""
    kind = "multipart/form-data; boundary=x" if target == "/upload" else "application/json"
    begin = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = begin if target == "/upload" else b'{"name": "'
    if length.startswith("Transfer"):
        body = b"%x\r\n%b" % (len(body) + reset, body)
    return request("POST", target, f"Content-Type: {kind}", length) + body


def test_server_survives_uploads_that_break_off(server: Server, key: str) -> None:
    """The same process answers before and after 200 of them, whatever reads the body."""
    targets = ["/items", "/parts", "/digest", "/upload", "/ignored-body", "/starlette/plain"]
    lengths = ["Content-Length: 100000", "Transfer-Encoding: chunked"]
    with httpx.Client(base_url=server.url) as client:
        client.get(f"/cleanup?key={key}")
        eventually(lambda: len(events_of(client, key)()), 6)
    for target, length, reset in islice(cycle(product(targets, lengths, (False, True))), 200):
        with RawConnection(server.port) as connection:
            connection.send(broken_off(target, length, reset))
            if reset:  # closed at once, without the usual farewell
                connection.socket.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
    with httpx.Client(base_url=server.url) as client:
        assert len(events_of(client, key)()) == 6
