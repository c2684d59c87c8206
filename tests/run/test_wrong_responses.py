"""A function that should return a response and returns something else is named in the error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.middleware.base import BaseHTTPMiddleware

from pronghorn import FastAPI
from pronghorn.middleware.gzip import GZipMiddleware
from pronghorn.testclient import TestClient


async def forgetful(request: Any, call_next: Any) -> None:
    await call_next(request)


class Forgetful(BaseHTTPMiddleware):
    async def dispatch(self, request: Any, call_next: Any) -> Any:
        await call_next(request)


async def answer_with_dict(request: Any, error: Any) -> dict[str, int]:
    return {"code": 1}


def answer_with_text(request: Any, error: Any) -> str:
    return "failed"


def answer_with_nothing(request: Any, error: Any) -> None:
    return None


def with_function(app: FastAPI) -> None:
    app.middleware("http")(forgetful)


def with_class(app: FastAPI) -> None:
    app.add_middleware(Forgetful)
    app.add_middleware(GZipMiddleware)


def with_handler(app: FastAPI) -> None:
    app.exception_handler(ValueError)(answer_with_dict)


def with_threaded_handler(app: FastAPI) -> None:
    app.exception_handler(404)(answer_with_text)


def with_last_handler(app: FastAPI) -> None:
    app.exception_handler(Exception)(answer_with_dict)


def with_last_threaded_handler(app: FastAPI) -> None:
    app.add_middleware(GZipMiddleware)
    app.exception_handler(500)(answer_with_nothing)


@pytest.mark.parametrize(
    ("change", "path", "kind", "function", "got", "write"),
    [
        (with_function, "/", "NoneType", forgetful, "None", "await call_next(request)"),
        (with_class, "/", "NoneType", Forgetful.dispatch, "None", "await call_next(request)"),
        (with_handler, "/value", "dict", answer_with_dict, "the dict {'code': 1}", "JSONResponse"),
        (with_last_handler, "/value", "dict", answer_with_dict, "the dict {'code': 1}", "JSONResp"),
        (
            with_last_threaded_handler,
            "/value",
            "NoneType",
            answer_with_nothing,
            "None",
            "JSONResponse",
        ),
        (with_threaded_handler, "/no", "str", answer_with_text, "the str 'failed'", "JSONResponse"),
    ],
)
def test_the_function_is_named(
    change: Callable[[FastAPI], None],
    path: str,
    kind: str,
    function: Any,
    got: str,
    write: str,
) -> None:
    app = FastAPI()

    @app.get("/")
    async def root() -> int:
        return 1

    @app.get("/value")
    async def fail_with_value() -> None:
        raise ValueError

    change(app)
    with pytest.raises(TypeError) as raised:
        TestClient(app).get(path)
    message = str(raised.value)
    assert message.startswith(f"{kind!r} object is not callable: {function.__qualname__} (")
    assert f"{__file__}:{function.__code__.co_firstlineno}) returned {got} in place of" in message
    assert write in message
