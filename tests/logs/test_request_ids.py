"""Each request has an id, which all of its lines and its response have."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, Request, Response, WebSocket
from pronghorn.hooks import OBSERVERS, stop_observing
from pronghorn.logs import (
    JSONFormatter,
    current_request_id,
    hide_success,
    log_requests,
)
from pronghorn.logs.context import find_ids
from pronghorn.testclient import TestClient

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
MADE = r"[0-9a-f]{32}"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], (MADE, None, None)),
        ([("x-request-id", "abc-1.2:3_4+5/6=@")], (re.escape("abc-1.2:3_4+5/6=@"), None, None)),
        ([("x-request-id", "a"), ("x-request-id", "b")], ("a", None, None)),
        ([("x-request-id", "")], (MADE, None, None)),
        ([("x-request-id", "two words")], (MADE, None, None)),
        ([("x-request-id", "a\x1b[31m")], (MADE, None, None)),
        ([("x-request-id", "größe")], (MADE, None, None)),
        ([("x-request-id", "a" * 128)], ("a" * 128, None, None)),
        ([("x-request-id", "a" * 129)], (MADE, None, None)),
        ([("x-request-id", "a\n")], (MADE, None, None)),
        ([("traceparent", PARENT)], (TRACE, TRACE, SPAN)),
        ([("traceparent", PARENT), ("x-request-id", "own")], ("own", TRACE, SPAN)),
        ([("traceparent", PARENT), ("x-request-id", "not valid")], (TRACE, TRACE, SPAN)),
        ([("traceparent", PARENT), ("traceparent", PARENT)], (MADE, None, None)),
        ([("traceparent", PARENT.upper())], (MADE, None, None)),
        ([("traceparent", PARENT + "-more")], (MADE, None, None)),
        ([("traceparent", "cc" + PARENT[2:] + "-more")], (TRACE, TRACE, SPAN)),
        ([("traceparent", "ff" + PARENT[2:])], (MADE, None, None)),
        ([("traceparent", f"00-{'0' * 32}-{SPAN}-01")], (MADE, None, None)),
        ([("traceparent", f"00-{TRACE}-{'0' * 16}-01")], (MADE, None, None)),
    ],
)
def test_the_id_of_a_request(
    headers: list[tuple[str, str]], expected: tuple[str, str | None, str | None]
) -> None:
    ids = find_ids([(name.encode(), value.encode("latin-1")) for name, value in headers])
    assert re.fullmatch(expected[0], ids.request_id)
    assert tuple(ids)[1:] == expected[1:]


logger = logging.getLogger("shop.orders")
router = APIRouter(prefix="/orders")


@router.get("/{number}")
async def read_order(number: int, tasks: BackgroundTasks) -> str | None:
    logger.info("endpoint")
    await asyncio.create_task(log_later("task"))
    tasks.add_task(logger.info, "background")
    return current_request_id()


async def log_later(message: str) -> None:
    logger.info(message)


def dependency() -> Iterator[None]:
    logger.info("dependency")
    yield
    logger.info("after")


@router.get("/{number}/sync")
def read_sync(number: int, _: Annotated[None, Depends(dependency)]) -> str | None:
    logger.info("thread")
    return current_request_id()


@router.get("/{number}/own")
async def answer_with_own_id(number: int, response: Response, request: Request) -> str:
    response.headers["X-Request-ID"] = "chosen"
    return str(request.state.request_id)


@router.get("/{number}/quiet", dependencies=[Depends(hide_success)])
async def be_quiet(number: int) -> Response:
    return Response(status_code=number)


@router.websocket("/{number}/live")
async def talk(websocket: WebSocket, number: int) -> None:
    await websocket.accept()
    logger.info("socket")
    await websocket.close(4000)


class Lines:
    """The lines of the program and of requests."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def read(self) -> list[Any]:
        text = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    found = Lines()
    handler = logging.StreamHandler(found.stream)
    handler.setFormatter(JSONFormatter())
    loggers = [logging.getLogger("shop"), logging.getLogger("pronghorn").getChild("access")]
    for each in loggers:
        each.addHandler(handler)
        each.setLevel("INFO")
    log_requests(query=True)
    yield found
    stop_observing(OBSERVERS[-1])
    for each in loggers:
        each.removeHandler(handler)
        each.setLevel("NOTSET")


@pytest.fixture
def client() -> TestClient:
    app, inner = FastAPI(), FastAPI()
    inner.include_router(router)
    app.include_router(router)
    app.mount("/inner", inner)
    return TestClient(app)


@pytest.mark.parametrize("prefix", ["", "/inner"])
def test_all_lines_of_a_request_have_its_id(lines: Lines, client: TestClient, prefix: str) -> None:
    answer = client.get(f"{prefix}/orders/7", headers={"X-Request-ID": "abc"})
    assert answer.json() == answer.headers["x-request-id"] == "abc"
    found = lines.read()
    assert {line["request_id"] for line in found} == {"abc"}
    assert {line["message"] for line in found} == {
        *("endpoint", "task", "background", f"GET {prefix}/orders/7 200"),
    }
    client.get(f"{prefix}/orders/7/sync", headers={"traceparent": PARENT})
    found = lines.read()
    assert {(line["request_id"], line["trace_id"], line["span_id"]) for line in found} == {
        (TRACE, TRACE, SPAN)
    }
    assert {"dependency", "thread", "after"} <= {line["message"] for line in found}


def test_the_fields_of_a_request(lines: Lines, client: TestClient) -> None:
    answer = client.get("/inner/orders/7/own?page=2&api_key=abc&pass%77ord=x")
    (line,) = lines.read()
    assert answer.headers.get_list("x-request-id") == ["chosen"]  # The program's own stays.
    assert line["request_id"] == answer.json()
    assert isinstance(line.pop("duration_ms"), float)
    assert {name: line[name] for name in line if name not in {"time", "request_id"}} == {
        "level": "INFO",
        "logger": "pronghorn.access",
        "message": "GET /inner/orders/7/own 200",
        "method": "GET",
        "route": "/inner/orders/{number}/own",
        "path": "/inner/orders/7/own",
        "status": 200,
        "bytes": len(answer.content),
        "client": "testclient",
        "query": "page=2&api_key=***&pass%77ord=***",
    }


def test_a_websocket_has_one_line(lines: Lines, client: TestClient) -> None:
    with client.websocket_connect("/orders/1/live", headers={"X-Request-ID": "abc"}) as websocket:
        assert websocket.receive()["type"] == "websocket.close"
    first, last = lines.read()
    assert (first["message"], first["request_id"]) == ("socket", "abc")
    assert (last["method"], last["status"], last["close_code"]) == ("WS", 101, 4000)
    assert (last["route"], last["request_id"]) == ("/orders/{number}/live", "abc")


def test_successes_of_a_quiet_route_have_no_line(lines: Lines, client: TestClient) -> None:
    client.get("/orders/200/quiet")
    assert lines.read() == []
    client.get("/orders/503/quiet")
    (line,) = lines.read()
    assert (line["status"], line["level"]) == (503, "ERROR")


@pytest.mark.parametrize(
    "path", ["/a%0AINFO%20forged", "/%1b[31m", "/%e2%80%a8", "/%ff%fe", "/%00"]
)
def test_a_path_does_not_forge_a_line(lines: Lines, client: TestClient, path: str) -> None:
    client.get(path)
    assert len(lines.stream.getvalue().splitlines()) == 1
    assert lines.stream.getvalue().isascii()
    assert lines.read()[0]["status"] == 404


def test_a_second_call_takes_the_place_of_the_first(lines: Lines, client: TestClient) -> None:
    log_requests()
    client.get("/orders/1/own?page=2")
    (line,) = lines.read()
    assert "query" not in line


def test_successful_probes_have_no_line(lines: Lines) -> None:
    def is_ready() -> bool:
        return False

    app = FastAPI()
    app.health(ready=[is_ready])
    client = TestClient(app)
    assert client.get("/live").headers["x-request-id"]
    assert client.get("/ready").status_code == 503
    assert [line["path"] for line in lines.read() if "path" in line] == ["/ready"]


def test_a_long_path_is_shortened(lines: Lines, client: TestClient) -> None:
    client.get("/" + "a" * 60_000)
    assert len(lines.read()[0]["path"]) < 3000


def test_a_filter_of_the_program_leaves_a_route_out(lines: Lines, client: TestClient) -> None:
    class WithoutOwn(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            return vars(record).get("route") != "/orders/{number}/own"

    chosen = WithoutOwn()
    access = logging.getLogger("pronghorn").getChild("access")
    access.addFilter(chosen)
    try:
        client.get("/orders/1/own")
        client.get("/orders/1/sync")
    finally:
        access.removeFilter(chosen)
    assert [line["route"] for line in lines.read() if "route" in line] == ["/orders/{number}/sync"]


def test_there_is_no_id_outside_of_a_request() -> None:
    assert current_request_id() is None
