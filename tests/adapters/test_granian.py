"""Corrections of how Granian passes requests on and sends responses."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from pronghorn import FastAPI
from pronghorn.adapters.granian import GranianRequests
from pronghorn.exceptions import SetupError
from tests.adapters.processes import resident_mib
from tests.contract.conftest import eventually
from tests.contract.servers import (
    PATIENCE,
    ROOT,
    WEBSOCKET,
    RawConnection,
    Server,
    free_port,
    request,
)

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
MODULE = "tests.adapters.granian_program"
#: The server, and the program on it.
WAYS = [
    ("granian", "app"),
    ("granian", "with_middleware"),
    ("granian", "wrapped"),
    ("run granian", "app"),
    ("run granian", "wrapped"),
]
WITHOUT_MIDDLEWARE = [way for way in WAYS if way[1] != "with_middleware"]
OTHER = ("run granian", "starlette")
CHUNKED = "Transfer-Encoding: chunked"
FORM = "Content-Type: application/x-www-form-urlencoded"
Serve = Callable[[tuple[str, str]], Server]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Start each server when it is first asked for; stopped after the tests of this module."""
    running: dict[tuple[str, str], Server] = {}

    def serve(way: tuple[str, str]) -> Server:
        if way not in running:
            running[way] = granian(*way)
        return running[way]

    yield serve
    for server in running.values():
        server.stop()


@pytest.fixture(params=WAYS, ids=" ".join)
def server(request: pytest.FixtureRequest, serve: Serve) -> Server:
    return serve(request.param)


def granian(name: str, program: str, *arguments: str) -> Server:
    return Server(name, f"{MODULE}:{program}", ENVIRONMENT, *arguments)


def ask(server: Server, data: bytes) -> tuple[int, str]:
    """Status and text of the answer to one request."""
    with RawConnection(server.port) as connection:
        connection.send(data)
        answer = connection.read()
        return answer.status, answer.body.decode()


def get(server: Server, target: str, *headers: str) -> dict[str, object]:
    status, text = ask(server, request("GET", target, *headers))
    assert status == 200
    return dict(json.loads(text))


# --- requests ---------------------------------------------------------------------------------


def test_a_query_that_is_not_ascii_is_read_as_utf_8(server: Server) -> None:
    head = "GET /query?word=a%20€é HTTP/1.1\r\nHost: test\r\n\r\n"
    status, text = ask(server, head.encode())
    assert (status, json.loads(text)) == (
        200,
        ["a €é", "a €é", "word=a%20%E2%82%AC%C3%A9"],
    )


def test_ports_are_numbers(server: Server) -> None:
    with RawConnection(server.port) as connection:
        host, port = connection.socket.getsockname()
        connection.send(request("GET", "/seen/x"))
        seen = json.loads(connection.read().body)
    assert (seen["host"], seen["port"], seen["server"]) == (host, port, server.port)


def test_the_path_as_the_client_wrote_it(server: Server) -> None:
    seen = get(server, "/seen/a%2Fb%20c")
    assert (seen["path"], seen["raw_path"]) == ("/seen/a/b c", "/seen/a%2Fb%20c")


@pytest.mark.parametrize(
    "line", ["GET echo", "GET a:80", "CONNECT a:80", "CONNECT a", "HEAD echo", "GET *", "PUT *"]
)
@pytest.mark.parametrize("way", [*WAYS, OTHER], ids=" ".join)
def test_a_target_that_is_not_a_path_is_refused(
    serve: Serve, way: tuple[str, str], line: str
) -> None:
    method = line.split(maxsplit=1)[0]
    with RawConnection(serve(way).port) as connection:
        connection.send(f"{line} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        answer = connection.read(method)
        assert answer.status == 400
        assert "location" not in answer.headers
        assert connection.is_closed_by_server()


def test_targets_that_are_right(server: Server) -> None:
    assert ask(server, b"GET http://test/text HTTP/1.1\r\nHost: test\r\n\r\n") == (200, "text")
    assert ask(server, b"OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n")[0] == 404


# --- bodies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"zz\r\n", b"2\r\n{}\r\nzz\r\n", b"2\r\n{}x\r\n"], ids=str)
@pytest.mark.parametrize("prefix", ["", "/in", "/mounted"])
@pytest.mark.parametrize("path", ["/raw", "/parts", "/json", "/form", "/own-error"])
def test_broken_chunks_are_refused(server: Server, prefix: str, path: str, body: bytes) -> None:
    head = request("POST", prefix + path, CHUNKED, FORM if path == "/form" else "X-A: b")
    assert ask(server, head + body)[0] == 400


def test_broken_chunks_for_another_framework(serve: Serve) -> None:
    assert ask(serve(OTHER), request("POST", "/raw", CHUNKED) + b"zz\r\n")[0] == 400


def test_broken_chunks_of_a_get(server: Server) -> None:
    assert ask(server, request("GET", "/raw", CHUNKED) + b"zz\r\n")[0] == 400


def test_the_programs_own_answer_to_a_body_that_ends_too_early(server: Server) -> None:
    head = request("POST", "/own-answer", CHUNKED)
    assert ask(server, head + b"zz\r\n") == (422, "the rest is missing")
    assert ask(server, head + b"2\r\nab\r\n0\r\n\r\n") == (200, "complete")


@pytest.mark.parametrize("way", WITHOUT_MIDDLEWARE, ids=" ".join)
def test_who_asks_for_the_client_before_the_body_gets_the_body(
    serve: Serve, way: tuple[str, str]
) -> None:
    for _ in range(5):
        with RawConnection(serve(way).port) as connection:
            connection.send(request("POST", "/early", body=b"hello"))
            assert json.loads(connection.read().body) == [False, "hello"]


def test_an_error_of_the_program_stays_its_own(server: Server) -> None:
    head = request("POST", "/own-error", CHUNKED)
    assert ask(server, head + b"2\r\nab\r\n0\r\n\r\n")[0] == 500


def test_a_broken_body_is_not_an_error_of_the_program() -> None:
    server = granian("granian", "app")
    try:
        ask(server, request("POST", "/raw", CHUNKED) + b"zz\r\n")
    finally:
        output = server.stop()
    assert "Traceback" not in output


# --- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WITHOUT_MIDDLEWARE, ids=" ".join)
def test_a_stream_that_fails_has_no_last_chunk(serve: Serve, way: tuple[str, str]) -> None:
    with RawConnection(serve(way).port) as connection:
        connection.send(request("GET", "/broken-stream"))
        answered = b""
        while part := connection.socket.recv(65536):
            answered += part
    assert answered.endswith(b"5\r\nbegin\r\n")


@pytest.mark.parametrize("path", ["/endless", "/in/endless", "/mounted/endless", "/talks", "/long"])
def test_readers_that_read_nothing_take_no_memory_and_end_when_they_leave(
    server: Server, path: str
) -> None:
    tasks = int(ask(server, request("GET", "/tasks"))[1])
    before = resident_mib(server.process.pid)
    readers = [RawConnection(server.port) for _ in range(20)]
    for reader in readers:
        reader.send(request("GET", path, *(WEBSOCKET if path == "/talks" else ())))
        assert reader.read_bytes(8) == b"HTTP/1.1"
    for _ in range(100):  # the server would fill its memory meanwhile
        ask(server, request("GET", "/text"))
    assert resident_mib(server.process.pid) - before < 100
    for reader in readers:
        reader.close()
    eventually(lambda: int(ask(server, request("GET", "/tasks"))[1]) <= tasks, True)


@pytest.mark.parametrize("way", [*WITHOUT_MIDDLEWARE, OTHER], ids=" ".join)
def test_what_a_client_that_has_left_does_not_get_is_not_logged(way: tuple[str, str]) -> None:
    server = granian(*way)
    try:
        tasks = int(ask(server, request("GET", "/tasks"))[1])
        with RawConnection(server.port) as reader:
            reader.send(request("GET", "/endless"))
            assert reader.read_bytes(8) == b"HTTP/1.1"
        eventually(lambda: int(ask(server, request("GET", "/tasks"))[1]) <= tasks, True)
    finally:
        output = server.stop()
    assert "ASGI transport error" not in output


def test_a_stream_rests_after_a_part_that_nobody_receives() -> None:
    # Only then do Granian's other threads get the GIL, which tell that the client has left.
    log, sent, others = logging.getLogger("_granian.asgi.io"), [], asyncio.Event()

    async def nothing() -> None:
        pass

    def send(message: Message) -> Awaitable[None]:  # as Granian's, which logs before it returns
        sent.append(message)
        log.info("ASGI transport error: Closed(..)")
        return nothing()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        asyncio.get_running_loop().call_soon(others.set)
        while not others.is_set():
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    scope = {"type": "http", "extensions": {"http.response.pathsend": {}}, "headers": []}
    scope |= {"path": "/", "query_string": b"", "method": "GET", "http_version": "2"}
    asyncio.run(GranianRequests(stream)(scope, receive_nothing, send))  # type: ignore[arg-type]  # it is a coroutine
    assert len(sent) == 1


async def receive_nothing() -> Message:
    return {"type": "http.disconnect"}


def test_a_long_body_is_sent_as_a_whole(server: Server) -> None:
    status, body = ask(server, request("GET", "/long"))
    assert (status, len(body)) == (200, 8_388_608)


@pytest.mark.parametrize("path", ["/both-ways", "/both-ways?pause=0.001"])
def test_no_message_of_a_websocket_is_lost_where_many_are_sent(server: Server, path: str) -> None:
    with connect(f"ws://127.0.0.1:{server.port}{path}") as websocket:
        for number in range(20):
            websocket.send(f"m{number}")
        received = [websocket.recv() for _ in range(101)]
    assert received[:100] == [str(number) for number in range(100)]
    assert received[100] == ",".join(f"m{number}" for number in range(20))


@pytest.mark.parametrize("path", ["/fails", "/in/fails", "/mounted/returns", "/returns"])
def test_a_websocket_that_its_endpoint_leaves_open_is_closed_as_failed(
    server: Server, path: str
) -> None:
    with connect(f"ws://127.0.0.1:{server.port}{path}") as websocket:
        websocket.send("now")
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011


# --- what `pronghorn run` adds -----------------------------------------------------------------


def test_the_port_of_a_client_behind_a_proxy_is_not_in_its_host(serve: Serve) -> None:
    server = serve(("run granian", "app"))
    for told, host, port in (
        ("203.0.113.7:99", "203.0.113.7", 99),
        ("203.0.113.7", "203.0.113.7", 0),
        ("[2001:db8::1]:99", "2001:db8::1", 99),
        ("6.6.6.6, 203.0.113.7:99", "203.0.113.7", 99),
    ):
        seen = get(server, "/seen/x", f"X-Forwarded-For: {told}", "X-Forwarded-Proto: https")
        assert (seen["host"], seen["port"], seen["scheme"]) == (host, port, "https")


def test_the_root_path_is_part_of_the_path() -> None:
    server = granian("run granian", "app", "--root-path", "/api/")
    try:
        seen = get(server, "/seen/a%2Fb")
        assert (seen["path"], seen["raw_path"]) == ("/api/seen/a/b", "/api/seen/a%2Fb")
        assert ask(server, b"GET echo HTTP/1.1\r\nHost: test\r\n\r\n")[0] == 400
    finally:
        server.stop()


# --- Granian's own interface --------------------------------------------------------------------


SENTENCE = (
    "pronghorn speaks ASGI to Granian: write "
    "`granian --interface asgi main:app` or `pronghorn run --server granian`."
)


@pytest.mark.parametrize("options", [[], ["--interface", "rsgi"]], ids=["default", "named"])
def test_its_own_interface_is_refused_with_what_to_write(
    options: list[str], tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text("from pronghorn import FastAPI\n\napp = FastAPI()\n")
    done = subprocess.run(
        [sys.executable, "-m", "granian", "main:app", "--port", str(free_port()), *options],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert printed.count(f"SetupError: {SENTENCE}\n") == 1
    assert "Started worker-1" not in printed


def test_a_call_by_its_own_interface_is_refused_too() -> None:
    with pytest.raises(SetupError, match=re.escape(SENTENCE)):
        FastAPI().__rsgi__(None, None)


def test_the_level_that_a_program_gave_to_the_log_is_kept() -> None:
    program = """
import logging
from pronghorn.adapters.granian_log import LOGGER, watch_unsent_parts

logging.basicConfig(format="%(message)s")
LOGGER.setLevel(logging.CRITICAL)
watch_unsent_parts()
watch_unsent_parts()
LOGGER.warning("silenced")
LOGGER.critical("kept")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.stderr, done.returncode) == ("kept\n", 0)
