"""A request that a limit refuses leaves one line, which names the limit and what raises it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pytest

from pronghorn import APIRouter, FastAPI, Form, Request, Response
from pronghorn.testclient import TestClient

MIB = 1_048_576
JSON = {"content-type": "application/json"}
OWN_JSON = "max_json_size or max_body_size of the route, its router or the application"
pytestmark = pytest.mark.usefixtures("mode")


async def count(request: Request) -> int:
    return len(await request.body())


async def ignore() -> int:
    return 0


def pieces(length: int) -> Iterator[bytes]:
    """Return a body without a declared length."""
    yield from [b"x" * (length - 1), b"x"]


def program() -> FastAPI:
    """Return an application with a limit on each level."""
    app = FastAPI(max_body_size=1000)
    router = APIRouter(prefix="/orders", max_json_size=10)
    router.post("/new")(count)
    app.include_router(router)
    app.post("/")(count)
    app.post("/ignored")(ignore)
    app.post("/route", max_body_size=20)(count)
    inner, smaller = FastAPI(), FastAPI(max_body_size=5)
    inner.post("/in")(count)
    smaller.post("/in")(count)
    app.mount("/inner", inner)
    app.mount("/smaller", smaller)
    return app


def written(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines of the log of pronghorn."""
    return [record.getMessage() for record in caplog.records if record.name == "pronghorn"]


@pytest.mark.parametrize("is_declared", [True, False])
@pytest.mark.parametrize(
    ("path", "limit"),
    [("/", 1000), ("/orders/new", 10), ("/route", 20), ("/inner/in", 1000), ("/smaller/in", 5)],
)
def test_a_long_body_is_one_line_with_the_limit_that_applied(
    caplog: pytest.LogCaptureFixture, path: str, limit: int, is_declared: bool
) -> None:
    length = limit + 1
    body = b"x" * length if is_declared else pieces(length)
    client = TestClient(program())
    assert client.post(path, content=body, headers=JSON).status_code == 413
    (line,) = written(caplog)
    assert f"POST {path!r} was refused with 413: a body with Content-Type " in line
    assert f"'application/json' may have {limit:,} bytes. {OWN_JSON} sets this limit" in line
    assert "--max-json-size" in line
    client.post(path, content=b"x" * limit, headers=JSON)
    assert len(written(caplog)) == 1


def test_a_long_body_that_nothing_reads(caplog: pytest.LogCaptureFixture) -> None:
    client = TestClient(program())
    assert client.post("/ignored", content=b"x" * 1001).status_code == 413
    (line,) = written(caplog)
    assert "a body with no Content-Type may have 1,000 bytes. max_body_size of " in line
    assert "--max-upload-size" in line


def test_a_body_that_middleware_reads(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI(max_body_size=1000)
    app.post("/")(count)

    async def read_first(request: Request, call_next: Any) -> Response:
        await request.body()
        response: Response = await call_next(request)
        return response

    app.middleware("http")(read_first)
    for body in (b"x" * 1001, pieces(1001)):
        caplog.clear()
        assert TestClient(app).post("/", content=body, headers=JSON).status_code == 413
        (line,) = written(caplog)
        assert "may have 1,000 bytes" in line


@pytest.mark.parametrize("is_declared", [True, False])
def test_the_limits_of_hardened(caplog: pytest.LogCaptureFixture, is_declared: bool) -> None:
    app = FastAPI(hardened=True)
    app.post("/")(count)
    app.get("/search")(ignore)
    client = TestClient(app)
    body = b"x" * (MIB + 1) if is_declared else pieces(MIB + 1)
    form = {"content-type": "multipart/form-data; boundary=secret"}
    assert client.post("/", content=body, headers=JSON).status_code == 413
    assert client.post("/", content=b" " * (32 * MIB + 1), headers=form).status_code == 413
    assert client.get("/search?token=t" + "&a=1" * 1000).status_code == 400
    of_json, of_form, of_query = written(caplog)
    assert "may have 1,048,576 bytes" in of_json
    assert "--max-json-size" in of_json
    assert "may have 33,554,432 bytes" in of_form
    assert "--max-upload-size" in of_form
    assert "The limit is 1,000 parameters of a query" in of_query
    assert "`pronghorn run --max-parameters` sets it" in of_query
    assert "token" not in of_query
    assert "boundary" not in of_form


def test_a_path_adds_no_line(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    app.post("/{name}", max_body_size=0)(count)
    assert TestClient(app).post("/a%0Ab", content=b"x").status_code == 413
    (line,) = written(caplog)
    assert "\n" not in line


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ({"data": {"text": ["a", "b"]}}, "max_fields"),
        ({"data": {"text": "a" * 11}}, "max_part_size"),
        ({"data": {"text": "a" * 11}, "files": {"f": b""}}, "max_part_size"),
        ({"files": [("f", b""), ("g", b"")]}, "max_files"),
    ],
)
def test_a_form_beyond_a_limit(
    caplog: pytest.LogCaptureFixture, sent: dict[str, Any], key: str
) -> None:
    app = FastAPI(form_limits={"max_fields": 1, "max_files": 1, "max_part_size": 10})

    @app.post("/")
    async def take(text: Annotated[str, Form()]) -> str:
        return text

    assert TestClient(app).post("/", **sent).status_code == 400
    (line,) = written(caplog)
    assert line.startswith("POST '/' was refused with 400: ")
    assert f'form_limits={{"{key}": ...}} of the route' in line
