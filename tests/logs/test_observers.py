"""`pronghorn.hooks.observe`: each request once, on every server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from pronghorn import FastAPI, Request
from pronghorn.hooks import Observed, observe, observe_app, stop_observing
from pronghorn.testclient import TestClient
from tests.contract.servers import RawConnection, Server, request
from tests.logs.conftest import Start, wait_for_lines

PROGRAM = "tests.logs.observed_program:"
SIZE = len(Path(__file__).with_name("observed_program.py").read_bytes())
#: Method, path -> status, route, bytes.
SAME_EVERYWHERE = {
    ("GET", "/shop/orders/1?key=x"): (200, "/shop/orders/{number}", 1),
    ("GET", "/shop/orders/1/sync"): (200, "/shop/orders/{number}/sync", 1),
    ("GET", "/shop/orders/x"): (422, "/shop/orders/{number}", 149),
    ("HEAD", "/shop/orders/1"): (200, "/shop/orders/{number}", 0),
    ("POST", "/shop/orders/1"): (405, "/shop/orders/{number}", 31),
    ("GET", "/none"): (404, None, 22),
    ("GET", "/sub/none"): (404, "/sub/{path}", 22),
    ("GET", "/sub/orders/7"): (200, "/sub/orders/{number}", 1),
    ("GET", "/static/observed_program.py"): (200, "/static/{path}", SIZE),
    ("GET", "/state"): (200, "/state", 15),
    ("GET", "/later"): (200, "/later", 5),
    ("GET", "/stream"): (200, "/stream", 10),
    ("GET", "/fails"): (500, "/fails", 21),
}
ONLY_IN_MIDDLEWARE = {("GET", "/refused"): (403, None, 2)}


def ask(server: Server, asked: dict[tuple[str, str], Any], folder: Path) -> list[Any]:
    """Send the requests; return what was observed of them, after that of the server's start."""
    for method, path in asked:  # each on its own connection: uvicorn closes one after an error
        answer = httpx.request(method, server.url + path)
        assert answer.headers.get_list("x-seen") == ["yes"]
    return wait_for_lines(folder / "observed", len(asked) + 1)[1:]


@pytest.mark.parametrize(
    ("name", "app"),
    [
        ("protocol", "app"),
        ("uvicorn", "app"),
        ("run granian", "app"),
        ("protocol", "in_middleware"),
        ("run granian", "in_middleware"),
    ],
)
def test_each_request_is_observed_once(name: str, app: str, start: Start, tmp_path: Path) -> None:
    server = start(name, PROGRAM + app)
    asked = SAME_EVERYWHERE | (ONLY_IN_MIDDLEWARE if app == "in_middleware" else {})
    found = ask(server, asked, tmp_path)
    assert [
        ((each["method"], each["path"]), (each["status"], each["route"], each["sent"]))
        for each in found
    ] == [((method, path.partition("?")[0]), known) for (method, path), known in asked.items()]
    by_path = {each["path"]: each for each in found}
    assert by_path["/fails"]["error"] == "LookupError"
    assert by_path["/stream"]["slow"] is True  # until the last byte
    assert by_path["/later"]["slow"] is False  # and not until the last background task
    assert {each["client"] for each in found} == {"127.0.0.1"}
    seen = len(asked) + 1
    if app == "in_middleware":
        with RawConnection(server.port) as connection:
            connection.send(request("POST", "/upload", body=b"x" * 101))
            assert connection.read().status == 413
        seen += 1
        last = wait_for_lines(tmp_path / "observed", seen)[-1]
        assert (last["status"], last["sent"]) == (413, 17)
    check_endings(server, tmp_path, seen)


def check_endings(server: Server, folder: Path, seen: int) -> None:
    """Connections that end in unusual ways have one line each, too."""
    for data in (
        request("GET", "/endless"),
        request("POST", "/upload", "Content-Length: 10") + b"abc",
        request("GET", "/broken"),
    ):
        with RawConnection(server.port) as connection:
            connection.send(data)
            time.sleep(0.1)
        seen += 1
        last = wait_for_lines(folder / "observed", seen)
        assert len(last) == seen
    endless, upload, broken = last[-3:]
    assert (endless["status"], endless["aborted"], endless["error"]) == (200, True, None)
    assert endless["sent"] >= 1000
    # The layer in front of Granian answers 400 to a body that breaks off.
    left = 400 if "granian" in server.name else 499
    assert (upload["status"], upload["aborted"], upload["error"]) == (left, True, None)
    assert (broken["status"], broken["aborted"], broken["error"]) == (200, True, "LookupError")
    talk(server)
    kept = ("route", "status", "code", "sent")
    assert [
        [each[name] for name in kept] for each in wait_for_lines(folder / "observed", seen + 4)
    ][seen:] == [
        ["/ws/{room}", 101, 1000, 6],
        ["/closes", 101, 4001, 0],
        ["/rejects", 403, 1000, 0],
        [None, 403, 1000, 0],
    ]


def talk(server: Server) -> None:
    url = server.url.replace("http", "ws")
    with connect(url + "/ws/a") as websocket:
        websocket.send("héllo")
        assert websocket.recv() == "héllo"
    with connect(url + "/closes") as websocket, pytest.raises(ConnectionClosed):
        websocket.recv()
    for path in ("/rejects", "/none"):
        with pytest.raises(InvalidStatus):
            connect(url + path)


def test_a_request_that_uvicorn_refuses(start: Start, tmp_path: Path) -> None:
    server = start("protocol", PROGRAM + "app", "--limit-concurrency", "2")
    with RawConnection(server.port) as one:
        one.send(request("GET", "/slow"))
        time.sleep(0.1)
        # Not before: the server would refuse the first request, and close its connection.
        with RawConnection(server.port) as two:
            two.send(request("GET", "/slow"))
            assert two.read().status == 503
    statuses = [each["status"] for each in wait_for_lines(tmp_path / "observed", 3)]
    assert 503 in statuses


class Noting:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, int, str | None]] = []

    def start(self, request: Observed) -> None:
        """Nothing is known yet."""

    def finish(self, request: Observed) -> None:
        self.kept.append((request.path, request.status, request.route()))


class Failing:
    def start(self, request: Observed) -> None:
        raise LookupError("at the beginning")

    def finish(self, request: Observed) -> None:
        raise LookupError("at the end")


@pytest.fixture
def noting() -> Iterator[Noting]:
    observer = Noting()
    observe(observer)
    yield observer
    stop_observing(observer)


def small_app() -> FastAPI:
    app = FastAPI()

    @app.get("/items/{number}")
    async def read_item(number: int) -> int:
        return number

    return app


def test_an_observer_that_fails_does_not_fail_a_request(
    noting: Noting, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Failing()
    observe(failing)
    try:
        assert TestClient(small_app()).get("/items/1").json() == 1
    finally:
        stop_observing(failing)
    assert noting.kept == [("/items/1", 200, "/items/{number}")]
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == [
        "at the beginning",
        "at the end",
    ]


def test_attaching_twice_and_detaching(noting: Noting) -> None:
    observe(noting)
    client = TestClient(small_app())
    client.get("/items/1")
    assert len(noting.kept) == 1
    stop_observing(noting)
    stop_observing(noting)
    client.get("/items/1")
    assert len(noting.kept) == 1


def test_another_asgi_application(noting: Noting) -> None:
    inner = small_app()
    wrapped = observe_app(inner)  # Wrapping ours adds no second observation.
    TestClient(wrapped).get("/items/5")
    assert noting.kept == [("/items/5", 200, "/items/{number}")]


def test_a_subclass_is_called_once(noting: Noting) -> None:
    calls: list[str] = []

    class Counting(FastAPI):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            calls.append(scope["type"])
            await super().__call__(scope, receive, send)

    app = Counting()

    @app.get("/")
    async def read(request: Request) -> str:
        return str(hasattr(request.state, "request_id"))

    assert TestClient(app).get("/").json() == "False"
    assert calls == ["http"]
    assert noting.kept == [("/", 200, "/")]
