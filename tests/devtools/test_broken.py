"""The answers in place of a program that does not start, without a server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urljoin

import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from pronghorn import FastAPI
from pronghorn.devtools.access import access_for
from pronghorn.devtools.broken import BROKEN_HEADER, BrokenProgram, Trouble
from pronghorn.devtools.failures import describe_error
from pronghorn.devtools.stand_in import StandIn
from pronghorn.testclient import TestClient
from tests.devtools.pages import Page

EVIL = "<script>alert(1)</script>"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def failing() -> None:
    raise LookupError(f"no such thing {EVIL}")


def trouble() -> Trouble:
    try:
        failing()
    except LookupError as error:
        return Trouble(f"Importing {EVIL}.py failed", f"Write {EVIL}", describe_error(error))
    raise AssertionError


def client_of(app: ASGIApp, **options: Any) -> TestClient:
    return TestClient(app, base_url="http://localhost:8000", client=("127.0.0.1", 5000), **options)


@pytest.fixture
def client() -> TestClient:
    return client_of(BrokenProgram(trouble(), access_for("127.0.0.1")))


def test_a_browser_gets_a_page(client: TestClient) -> None:
    answer = client.get("/items/3?q=secret", headers=HTML)
    assert answer.status_code == 500
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    page = Page(answer.text)
    for text in (f"Importing {EVIL}.py failed", f"no such thing {EVIL}", f"Write {EVIL}"):
        assert text in page.text
    assert "raise LookupError" in page.text
    assert "test_broken.py" in page.text
    assert "secret" not in answer.text
    assert "This page reloads itself when the program works again." in page.text


def test_without_javascript_the_page_is_loaded_again(client: TestClient) -> None:
    assert Page(client.get("/", headers=HTML).text).refresh == "2"


def test_a_form_is_not_sent_again_by_itself(client: TestClient) -> None:
    answer = client.post("/items", headers=HTML, data={"a": "b"})
    assert answer.status_code == 500
    page = Page(answer.text)
    assert page.refresh is None
    assert 'data-again=""' in answer.text
    assert page.link("Open this address") == ""


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
@pytest.mark.parametrize("accept", ["*/*", "text/plain", ""])
def test_other_clients_get_text(client: TestClient, method: str, accept: str) -> None:
    answer = client.request(method, "/a", headers={"accept": accept}, content=b"x" * 100_000)
    assert (answer.status_code, answer.headers["retry-after"]) == (500, "1")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith(f"Importing {EVIL}.py failed\n\nWrite {EVIL}\n\nLookupError: ")
    assert "> " in answer.text
    assert 'raise LookupError(f"no such thing {EVIL}")' in answer.text


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json, */*"])
def test_clients_of_json_get_json(client: TestClient, accept: str) -> None:
    answer = client.get("/", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/json")
    data = answer.json()
    assert data["detail"] == f"Importing {EVIL}.py failed"
    assert data["error"]["type"] == "LookupError"
    assert data["error"]["program_frames"][0]["function"] == "failing"


def test_a_websocket_gets_the_text(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDenialResponse) as caught,
        client.websocket_connect("/chat", headers={"host": "localhost"}),
    ):
        pass
    assert caught.value.status_code == 500
    assert "LookupError" in caught.value.text


@pytest.mark.anyio
async def test_a_websocket_without_that_extension_is_closed() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/", "headers": [], "client": ("127.0.0.1", 1)}
    await BrokenProgram(trouble(), access_for("127.0.0.1"))(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1011}]


@pytest.mark.parametrize(
    ("path", "root_path"),
    [
        ("/", ""),
        ("/a/b/c", ""),
        ("/a//b/", ""),
        ("/a%2Fb", ""),
        ("/api/a/b", "/api"),
        ("/api", "/api"),
        ("/%ff/%3Cscript%3E", ""),
    ],
)
def test_the_page_asks_for_the_state_at_its_own_server(path: str, root_path: str) -> None:
    app = BrokenProgram(trouble(), access_for("127.0.0.1"))
    client = client_of(app, root_path=root_path)
    answer = client.get(path, headers=HTML)
    text = answer.text.partition('data-address="')[2].partition('"')[0]
    address = urljoin(f"http://localhost:8000{path}", text)
    assert address in {
        f"http://localhost:8000{root_path}/_pronghorn/state",
        "http://localhost:8000/_pronghorn/state",
    }
    state = client.get(address)
    assert state.status_code == 200
    assert state.json() == {"state": "broken", "id": answer.headers[BROKEN_HEADER]}
    assert state.headers[BROKEN_HEADER] == answer.headers[BROKEN_HEADER]


def test_each_process_has_its_own_mark() -> None:
    access = access_for("127.0.0.1")
    first, second = (
        client_of(BrokenProgram(trouble(), access)).get("/").headers[BROKEN_HEADER] for _ in "ab"
    )
    assert first != second


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"x-forwarded-for": "203.0.113.9"}, {"host": ""}]
)
@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
def test_others_learn_only_that_it_does_not_start(
    client: TestClient, headers: dict[str, str], accept: str
) -> None:
    for path in ("/", "/_pronghorn/state", "/_pronghorn"):
        answer = client.get(path, headers={**headers, "accept": accept})
        assert answer.status_code == 500
        assert answer.text == (
            "The program does not start. The terminal of `pronghorn dev` says why.\n"
        )
    with pytest.raises(WebSocketDenialResponse) as caught:
        client.websocket_connect("/", headers=headers).__enter__()
    assert "LookupError" not in caught.value.text


def test_clients_beyond_this_machine() -> None:
    app = BrokenProgram(trouble(), access_for("127.0.0.1"))
    foreign = TestClient(app, base_url="http://localhost:8000", client=("203.0.113.9", 5000))
    assert "LookupError" not in foreign.get("/", headers=HTML).text
    opened = BrokenProgram(trouble(), access_for("0.0.0.0"))
    foreign = TestClient(opened, base_url="http://192.0.2.1:8000", client=("203.0.113.9", 5000))
    assert "LookupError" in foreign.get("/", headers=HTML).text


# --- a lifespan that fails --------------------------------------------------------------------


@pytest.fixture(autouse=True)
def filters() -> Iterator[None]:
    """Take back what was set at the loggers of servers."""
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "uvicorn.access")]
    loggers.append(logging.getLogger("granian.access"))
    before = [list(logger.filters) for logger in loggers]
    yield
    for logger, kept in zip(loggers, before, strict=True):
        logger.filters[:] = kept


def standing_in(app: ASGIApp, printed: list[BaseException]) -> TestClient:
    return client_of(StandIn(app, access_for("127.0.0.1"), printed.append))


def app_with(startup: Callable[[], object], closed: list[str] | None = None) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        startup()
        yield {"name": "shop"}
        (closed if closed is not None else []).append("closed")

    return FastAPI(lifespan=lifespan)


def exits() -> None:
    raise SystemExit(3)


@pytest.mark.parametrize("startup", [failing, exits], ids=["error", "exit"])
def test_a_lifespan_that_fails_is_shown(
    startup: Callable[[], object], capsys: pytest.CaptureFixture[str]
) -> None:
    printed: list[BaseException] = []
    with standing_in(app_with(startup), printed) as client:
        page = Page(client.get("/", headers=HTML).text)
        assert "The lifespan of the program failed" in page.text
        assert startup.__name__ in page.text
    assert [type(error) for error in printed] in ([LookupError], [SystemExit])
    assert "Browsers get this error as a page until the next edit" in capsys.readouterr().err


def test_a_lifespan_that_works_and_the_program_are_left_alone() -> None:
    closed: list[str] = []
    app = app_with(lambda: None, closed)
    app.add_api_route("/", lambda: "served")
    with standing_in(app, []) as client:
        assert client.get("/").json() == "served"
        assert BROKEN_HEADER not in client.get("/").headers
    assert closed == ["closed"]


def test_a_failure_of_which_only_the_text_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": f"no disk {EVIL}"})

    with standing_in(app, []) as client:
        assert f"no disk {EVIL}" in Page(client.get("/", headers=HTML).text).text
        with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)):
            client.websocket_connect("/").__enter__()
    assert f"no disk {EVIL}" in capsys.readouterr().err


@pytest.mark.anyio
async def test_an_application_without_a_lifespan_says_so_to_the_server() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    with pytest.raises(AssertionError, match=r"^assert 'lifespan'"):
        await StandIn(app, access_for("127.0.0.1"), print)({"type": "lifespan"}, receive, send)


def test_a_shutdown_that_fails_is_the_servers_matter() -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        yield
        raise LookupError("at the end")

    printed: list[BaseException] = []
    with (
        pytest.raises(LookupError, match="at the end"),
        standing_in(FastAPI(lifespan=lifespan), printed),
    ):
        pass
    assert printed == []


def test_the_servers_do_not_log_what_is_not_so(caplog: pytest.LogCaptureFixture) -> None:
    with standing_in(app_with(failing), []):
        started, other = "Application startup complete.", "Shutting down"
        for logger in ("uvicorn.error", "other"):
            for text in (started, other):
                logging.getLogger(logger).warning(text)
        asked = ("127.0.0.1:1", "GET", "/_pronghorn/state", "1.1", 200)
        logging.getLogger("uvicorn.access").warning('%s - "%s %s HTTP/%s" %d', *asked)
        logging.getLogger("granian.access").warning("%(path)s", {"path": "/_pronghorn/state"})
    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("uvicorn.error", other),
        ("other", started),
        ("other", other),
    ]
