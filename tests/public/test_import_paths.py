"""The modules that only re-export, and the small functions beside them."""

import contextlib
import importlib
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from pronghorn import responses, status
from pronghorn.background import BackgroundTasks
from pronghorn.datastructures import Default
from pronghorn.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
    websocket_request_validation_exception_handler,
)
from pronghorn.exceptions import (
    FastAPIDeprecationWarning,
    HTTPException,
    RequestValidationError,
    WebSocketRequestValidationError,
)
from pronghorn.middleware.asyncexitstack import AsyncExitStackMiddleware
from pronghorn.requests import Request
from pronghorn.utils import (
    deep_dict_update,
    generate_operation_id_for_path,
    get_path_param_names,
    get_value_or_default,
    is_body_allowed_for_status_code,
)
from pronghorn.websockets import WebSocket

pytestmark = pytest.mark.anyio
REQUEST = Request({"type": "http", "headers": [], "method": "GET", "path": "/"})


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("middleware", "Middleware"),
        ("middleware.cors", "CORSMiddleware"),
        ("middleware.httpsredirect", "HTTPSRedirectMiddleware"),
        ("middleware.trustedhost", "TrustedHostMiddleware"),
        pytest.param(
            "middleware.wsgi",
            "WSGIMiddleware",
            marks=pytest.mark.filterwarnings("ignore:starlette.middleware.wsgi is deprecated"),
        ),
        ("requests", "HTTPConnection Request"),
        ("templating", "Jinja2Templates"),
        ("testclient", "TestClient"),
        ("websockets", "WebSocket WebSocketDisconnect WebSocketState"),
    ],
)
def test_names_are_those_of_starlette(module: str, names: str) -> None:
    ours = importlib.import_module(f"pronghorn.{module}")
    theirs = importlib.import_module(f"starlette.{module}")
    assert ours.__all__ == names.split()
    assert all(getattr(ours, name) is getattr(theirs, name) for name in ours.__all__)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("middleware.gzip", "GZipMiddleware"),
        ("responses", "FileResponse"),
        ("staticfiles", "StaticFiles"),
    ],
)
def test_mended_classes_are_subclasses_of_starlettes(module: str, name: str) -> None:
    ours = getattr(importlib.import_module(f"pronghorn.{module}"), name)
    theirs = getattr(importlib.import_module(f"starlette.{module}"), name)
    assert ours is not theirs
    assert issubclass(ours, theirs)


def test_status_codes() -> None:
    assert status.HTTP_404_NOT_FOUND == 404
    assert "WS_1008_POLICY_VIOLATION" in dir(status)
    with pytest.raises(AttributeError):
        _ = status.HTTP_999_UNKNOWN


@pytest.mark.parametrize("name", ["ORJSONResponse", "UJSONResponse"])
def test_responses_on_their_way_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, name.removesuffix("Response").lower(), None)
    with (
        pytest.warns(FastAPIDeprecationWarning, match=f"{name} is deprecated"),
        pytest.raises(AssertionError, match=f"must be installed to use {name}"),
    ):
        getattr(responses, name)({"a": 1})


async def test_background_tasks_run_in_their_order() -> None:
    done: list[str] = []

    async def later(text: str) -> None:
        done.append(text)

    tasks = BackgroundTasks()
    tasks.add_task(done.append, "first")
    tasks.add_task(later, text="second")
    await tasks()
    assert done == ["first", "second"]


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        (None, True),
        (200, True),
        ("404", True),
        ("default", True),
        ("3XX", True),
        (100, False),
        (204, False),
        ("205", False),
        (304, False),
    ],
)
def test_which_status_codes_have_a_body(code: Any, allowed: bool) -> None:
    assert is_body_allowed_for_status_code(code) is allowed


def test_small_functions() -> None:
    assert get_path_param_names("/a/{b}/{c:path}") == {"b", "c:path"}
    assert get_value_or_default(Default(1), Default(2), 3) == 3
    assert get_value_or_default(Default(1), Default(2)) == Default(1)
    with pytest.warns(FastAPIDeprecationWarning, match="is deprecated"):
        made = generate_operation_id_for_path(name="read", path="/a/{b}", method="GET")
    assert made == "read_a__b__get"


def test_deep_update_merges_dicts_and_joins_lists() -> None:
    main = {"a": {"b": 1, "l": [1]}, "l": [1], "x": 1}
    deep_dict_update(main, {"a": {"c": 2, "l": [2]}, "l": [2], "x": {"y": 1}, "z": 1})
    assert main == {"a": {"b": 1, "l": [1, 2], "c": 2}, "l": [1, 2], "x": {"y": 1}, "z": 1}


async def test_http_exception_is_answered_with_its_detail() -> None:
    error = HTTPException(404, {"id": 1}, {"x-a": "b"})
    response = await http_exception_handler(REQUEST, error)
    assert (response.status_code, response.body) == (404, b'{"detail":{"id":1}}')
    assert response.headers["x-a"] == "b"


async def test_http_exception_has_no_body_where_none_is_allowed() -> None:
    response = await http_exception_handler(REQUEST, HTTPException(304))
    assert (response.status_code, response.body) == (304, b"")
    assert not isinstance(response, JSONResponse)


async def test_validation_error_is_answered_with_422() -> None:
    error = RequestValidationError([{"input": b"x"}])
    response = await request_validation_exception_handler(REQUEST, error)
    assert (response.status_code, response.body) == (422, b'{"detail":[{"input":"x"}]}')


async def test_websocket_validation_error_closes_with_1008() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    websocket = WebSocket({"type": "websocket", "headers": [], "path": "/"}, receive, send)
    error = WebSocketRequestValidationError(
        [{"type": "missing", "loc": ("query", "q"), "msg": "Field required"}]
    )
    await websocket_request_validation_exception_handler(websocket, error)
    reason = "query.q: Field required"
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": reason}]


async def test_exit_stack_is_closed_after_the_response() -> None:
    events: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        stack: contextlib.AsyncExitStack = scope["fastapi_middleware_astack"]
        stack.callback(events.append, "closed")
        await PlainTextResponse("ok")(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        events.append(message["type"])

    await AsyncExitStackMiddleware(app)({"type": "http"}, receive, send)
    assert events == ["http.response.start", "http.response.body", "closed"]
